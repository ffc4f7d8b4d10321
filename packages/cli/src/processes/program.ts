/**
 * One child program: started with a pipe on its stdin whose end tells it that its parent is gone, JSON lines on its
 * stdout, log on its stderr, which goes to a file. It runs in a process group of its own, so that Ctrl-C reaches `up` alone and the order of
 * the end is `up`'s to choose.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { isErrorCode, KeystileError } from '@keystile/errors';

export interface ProgramSpec {
  readonly name: string;
  /** Arguments of `node`: flags, file, arguments of the program. */
  readonly args: readonly string[];
  readonly cwd: string;
  /** Gets what the program writes on stderr; begun anew at each start. */
  readonly log: string;
  /** Whether a line of stdout says that the program is ready. */
  readonly isReady: (line: JsonLine) => boolean;
  /** Every JSON line, the ready line included. */
  readonly onLine: (line: JsonLine) => void;
}

export type JsonLine = Readonly<Record<string, unknown>>;

export interface Exit {
  readonly name: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines that it wrote on stderr. */
  readonly lastWords: string;
  /** The last JSON line with a code and a detail: why it ended, when it ended by itself. */
  readonly refusal: { readonly code: string; readonly detail: string } | undefined;
}

export interface Program {
  readonly name: string;
  readonly pid: number;
  readonly ready: Promise<JsonLine>;
  readonly exited: Promise<Exit>;
  /** SIGTERM, and SIGKILL when it does not end in time. */
  stop(): Promise<void>;
}

/** Programs start in about a second; a machine with a hundred other jobs may need many times that. */
const READY_MS = 60_000;
/** After SIGTERM: a clean end takes milliseconds. */
const STOP_MS = 5000;
/** Lines of stderr that are kept for the report of an end. */
const LAST_WORDS_MAX = 12;

export function startProgram(spec: ProgramSpec): Program {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...spec.args], {
    cwd: spec.cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  // A child that died closes its end of the pipe; its exit is reported, not the broken pipe.
  child.stdin.on('error', () => undefined);
  const words = keepLastWords(child, spec.log);
  const lines = new Lines(child);
  const exited = new Promise<Exit>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null): void =>
      resolve({ name: spec.name, code, signal, lastWords: words.join('\n'), refusal: lines.refusal });
    child.once('close', end);
    child.once('error', (error) => {
      words.push(error.message);
      end(null, null);
    });
  });
  const ready = readiness(spec, lines, exited);
  lines.onLine = spec.onLine;
  return { name: spec.name, pid: child.pid ?? 0, exited, ready, stop: () => stopChild(child, exited) };
}

/** What an end that nobody asked for means: the program's own coded error, when it printed one. */
export function endedError({ name, code, signal, lastWords, refusal }: Exit): KeystileError {
  if (refusal !== undefined && isErrorCode(refusal.code)) {
    return new KeystileError(refusal.code, `the ${name} ended: ${refusal.detail}`);
  }
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  return new KeystileError(
    'KS-U117',
    `the ${name} ended ${how}; ${lastWords === '' ? 'it said nothing' : `it said: ${lastWords}`}`,
  );
}

/** Hands on the JSON lines of a child's stdout and remembers its last refusal. */
class Lines {
  refusal: Exit['refusal'];
  isReady: (line: JsonLine) => void = () => undefined;
  onLine: (line: JsonLine) => void = () => undefined;

  constructor(child: ChildProcess) {
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = parseLine(text);
      if (line === undefined) return;
      const { code, detail } = line;
      if (typeof code === 'string' && typeof detail === 'string') this.refusal = { code, detail };
      this.isReady(line);
      this.onLine(line);
    });
  }
}

function readiness(spec: ProgramSpec, lines: Lines, exited: Promise<Exit>): Promise<JsonLine> {
  const { promise, resolve, reject } = Promise.withResolvers<JsonLine>();
  const timer = setTimeout(() => {
    const last = lines.refusal === undefined ? '' : `; it said ${lines.refusal.code}: ${lines.refusal.detail}`;
    reject(new KeystileError('KS-U118', `the ${spec.name} was not ready after ${READY_MS / 1000} s${last}`));
  }, READY_MS);
  lines.isReady = (line) => {
    if (spec.isReady(line)) resolve(line);
  };
  void exited.then((exit) => reject(endedError(exit)));
  // Whoever stops waiting (another program failed first) must not make this an unhandled rejection.
  promise.catch(() => undefined).finally(() => clearTimeout(timer));
  return promise;
}

function parseLine(text: string): JsonLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonLine) : undefined;
  } catch {
    return undefined;
  }
}

function keepLastWords(child: ChildProcess, log: string): string[] {
  const words: string[] = [];
  if (child.stderr === null) return words;
  // A full disk must not end the system: the log is lost, the program goes on.
  const file = createWriteStream(log, { mode: 0o600 }).on('error', () => undefined);
  child.stderr.pipe(file);
  createInterface({ input: child.stderr }).on('line', (line) => {
    words.push(line);
    if (words.length > LAST_WORDS_MAX) words.shift();
  });
  return words;
}

async function stopChild(child: ChildProcess, exited: Promise<Exit>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(timer);
}
