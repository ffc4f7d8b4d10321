import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ServerCommand {
  /** For the words of errors; the command may begin with programs that only lead to it. */
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Debian puts daemons and `ip` where an ordinary user's PATH does not look. */
export const systemPath = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

/** How long a server may take until it listens. */
const START_MS_MAX = 10_000;
const WAIT_MS_MAX = 5_000;

/** Those that a run which breaks off would leave behind. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A server that is a program of its own, and what it prints. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #name: string;
  #printed = '';
  #heard = 0;
  #hasEnded = false;
  #wake: () => void = () => {};

  constructor({ name, command: [program, ...args], environment = {} }: ServerCommand) {
    this.#name = name;
    this.#child = spawn(program, args, {
      env: { ...process.env, PATH: systemPath, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this.#child);
    const note = (chunk: Buffer): void => {
      this.#printed += chunk.toString('latin1');
      this.#wake();
    };
    this.#child.stdout?.on('data', note);
    this.#child.stderr?.on('data', note);
    const ended = (): void => {
      running.delete(this.#child);
      this.#hasEnded = true;
      this.#wake();
    };
    this.#child.on('close', ended);
    this.#child.on('error', (error) => {
      this.#printed += error.message;
      ended();
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#name} did not start`);
    return this.#child.pid;
  }

  /** From here on what it printed before counts no more. */
  forget(): void {
    this.#heard = this.#printed.length;
  }

  /** Resolves when what it printed matches. Rejects with its last words when it ends first, or takes too long. */
  async prints(pattern: RegExp, msMax: number = WAIT_MS_MAX): Promise<void> {
    const signal = AbortSignal.timeout(msMax);
    signal.addEventListener('abort', () => this.#wake());
    while (!pattern.test(this.#printed.slice(this.#heard))) {
      if (this.#hasEnded) throw new Error(`${this.#name} ended: ${this.#lastWords}`);
      if (signal.aborted) throw new Error(`${this.#name} did not print ${pattern}: ${this.#lastWords}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  starts(pattern: RegExp): Promise<void> {
    return this.prints(pattern, START_MS_MAX);
  }

  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }

  get #lastWords(): string {
    return this.#printed.trim().split('\n').slice(-2).join(' / ').slice(-300) || 'without a word';
  }
}
