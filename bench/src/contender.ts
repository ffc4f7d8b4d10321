import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * A program of this workspace in a process of its own, which does one task at a time and answers each: what is measured
 * in it (CPU, memory) is its own alone. {@link serveTasks} is its side.
 */
export class Contender<Task> {
  /** What it answered to having been started. */
  ready = 0;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** `program`: a module that calls {@link serveTasks}. It can collect garbage when it likes. */
  static async start<Task>(program: URL, ...args: readonly string[]): Promise<Contender<Task>> {
    const child = fork(program, args, { execArgv: ['--expose-gc', ...cpuProfile()], serialization: 'advanced' });
    const contender = new Contender<Task>(child);
    contender.ready = await contender.#answer();
    return contender;
  }

  async ask(task: Task): Promise<number> {
    this.#child.send({ task });
    return this.#answer();
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    await exited;
  }

  async #answer(): Promise<number> {
    const ended = new AbortController();
    const exit = once(this.#child, 'exit', { signal: ended.signal }).then(([code]) => {
      throw new Error(`a contender ended with ${code}`);
    });
    const message = once(this.#child, 'message', { signal: ended.signal }).then(([answer]) => answer as Answer);
    const answer = await Promise.race([message, exit]);
    exit.catch(() => {});
    ended.abort();
    if (answer.error !== undefined) throw new Error(`a contender failed: ${answer.error}`);
    return answer.figure;
  }
}

/** `KEYSTILE_BENCH_PROFILE=FOLDER` leaves a CPU profile of every process there. */
function cpuProfile(): readonly string[] {
  const folder = process.env.KEYSTILE_BENCH_PROFILE;
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}

interface Answer {
  readonly figure: number;
  readonly error?: string;
}

/** In the process: does what it is asked until the asker goes. `ready` is the answer to having been started. */
export function serveTasks<Task>(work: (task: Task) => Promise<number>, ready = 0): void {
  const answer = (answered: Answer): void => {
    process.send?.(answered);
  };
  process.on('message', ({ task }: { task: Task }) => {
    work(task).then(
      (figure) => answer({ figure }),
      (error: unknown) =>
        answer({ figure: Number.NaN, error: error instanceof Error ? String(error.stack) : 'unknown' }),
    );
  });
  process.on('disconnect', () => process.exit());
  answer({ figure: ready });
}

/**
 * CPU of this whole process (all threads, user and system) while `work` runs, in milliseconds. Not after a collection, which
 * makes the compiler forget much of what it knows.
 */
export async function cpuMsOf(work: () => Promise<void>): Promise<number> {
  const before = process.resourceUsage();
  await work();
  const after = process.resourceUsage();
  return (after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime) / 1000;
}

/** Resident memory of this process after collection, in KiB. */
export async function residentKib(): Promise<number> {
  for (let i = 0; i < COLLECTIONS; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, COLLECTION_GAP_MS));
  }
  return process.memoryUsage.rss() / 1024;
}

/** What one collection frees in native code is returned to the system by later ones. */
const COLLECTIONS = 5;
const COLLECTION_GAP_MS = 50;
