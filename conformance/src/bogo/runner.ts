import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * BoringSSL's test runner as a program: which tests it has, and what became of those that were run. It knows nothing of
 * what they test.
 */
export const configurationFile: string = fileURLToPath(new URL('../../bogo/config.json', import.meta.url));
const shim = fileURLToPath(new URL('../../bogo/shim', import.meta.url));

export interface ListedTest {
  readonly name: string;
  /** What the shim is asked to be. Only a `client` over TCP is what Keystile has. */
  readonly role: 'client' | 'server' | 'DTLS' | 'QUIC';
}

export type Verdict = { readonly kind: 'passed' | 'unimplemented' } | { readonly kind: 'failed'; readonly why: string };

/** Two cores are what the runner was sized for here; each test is one process. */
const WORKERS = 2;
const LIST_MS_MAX = 3 * 60_000;
const RUN_MS_MAX = 60 * 60_000;

/**
 * Every test, by running all with a shim that only notes its role and leaves them undone; one at a time, so that the
 * notes come in the order of the names.
 */
export async function listTests(runner: string): Promise<readonly ListedTest[]> {
  return await inFolder(async (folder) => {
    const list = join(folder, 'roles');
    const args = ['-include-disabled', '-num-workers', '1'];
    const output = await run(runner, { args, environment: { KEYSTILE_BOGO_LIST: list }, msMax: LIST_MS_MAX });
    const names = [...verdictsIn(output).keys()];
    const roles = readFileSync(list, 'utf8').trimEnd().split('\n') as ListedTest['role'][];
    if (names.length !== roles.length) throw new Error(`${names.length} tests, but ${roles.length} were started`);
    return names.map((name, i) => ({ name, role: roles[i] ?? 'client' }));
  });
}

/** `names`: these only; without them all that the configuration leaves. */
export async function runTests(runner: string, names?: readonly string[]): Promise<ReadonlyMap<string, Verdict>> {
  const chosen = names === undefined ? [] : ['-test', names.join(';')];
  const args = ['-shim-config', configurationFile, '-num-workers', String(WORKERS), ...chosen];
  return await inFolder(async (folder) => {
    // The shim starts three times as fast when Node finds its types stripped already.
    const environment = { NODE_COMPILE_CACHE: folder };
    return verdictsIn(await run(runner, { args, environment, msMax: RUN_MS_MAX }));
  });
}

async function inFolder<Result>(task: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'keystile-bogo-'));
  try {
    return await task(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface RunRequest {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly msMax: number;
}

/** Standard output. The exit code says only that some test failed, which the output says better. */
function run(runner: string, { args, environment, msMax }: RunRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(runner, ['-shim-path', shim, '-allow-unimplemented', '-pipe', ...args], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const timer = setTimeout(() => child.kill(), msMax);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString('utf8'));
    });
  });
}

/** What the runner prints for each test, a failure with its explanation on the lines that follow. */
export function verdictsIn(output: string): ReadonlyMap<string, Verdict> {
  const verdicts = new Map<string, Verdict>();
  const [, ...parts] = output.split(/^(PASSED|FAILED|UNIMPLEMENTED) \((.+)\)$/m);
  for (let i = 0; i + 2 < parts.length; i += 3) {
    const [word, name = '', text = ''] = parts.slice(i, i + 3);
    if (word === 'FAILED') verdicts.set(name, { kind: 'failed', why: inOneLine(text) });
    else verdicts.set(name, { kind: word === 'PASSED' ? 'passed' : 'unimplemented' });
  }
  return verdicts;
}

function inOneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').slice(0, 600);
}
