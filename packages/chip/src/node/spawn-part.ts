import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { isErrorCode, KeystileError } from '@keystile/errors';
import { type PartPaths, permissionFlags } from './permissions.ts';

/**
 * Starts a virtual part in a process of its own, with nothing but its permissions: no environment, no rights beyond
 * its own files. The process ends with this one, since it reads an end of file on its standard input then.
 */
export interface SpawnPartOptions extends PartPaths {
  /** What the part says on its standard error, line by line. */
  readonly log?: (line: string) => void;
}

export interface PartProcess {
  readonly pid: number;
  /** Why the part refuses every command: its memory was copied, put back or damaged. It runs all the same. */
  readonly fault: KeystileError | undefined;
  readonly exited: Promise<PartExit>;
  /** Ends the process in order and waits for it. */
  stop(): Promise<void>;
}

export interface PartExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A start takes a quarter of a second; a busy machine may need many times that. */
const READY_TIMEOUT_MS = 30_000;

/**
 * Resolves when the part listens on its bus and control sockets. Folders that do not exist are made with mode 0700.
 * Throws what the process refuses with (`KS-C135` to `KS-C137`, `KS-L103`, `KS-L105`), or `KS-C138`.
 */
export async function spawnPart(options: SpawnPartOptions): Promise<PartProcess> {
  const paths = preparePaths(options);
  const serve = join(import.meta.dirname, 'serve.ts');
  const sockets = ['--bus', paths.busPath, '--control', paths.controlPath];
  const args = [...permissionFlags(paths), serve, '--nvm', paths.nvmFolder, '--fuse', paths.fuseFile, ...sockets];
  const child = spawn(process.execPath, args, { env: {}, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = new Promise<PartExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  const said: string[] = [];
  collectLines(child, (line) => {
    said.push(line);
    if (said.length > SAID_MAX) said.shift();
    options.log?.(line);
  });
  const ready = await firstLine(child, exited, said);
  if (ready.event !== 'ready') {
    await exited;
    throw errorOf(ready, said);
  }
  return {
    pid: child.pid ?? 0,
    fault: ready.fault && errorOf(ready.fault, said),
    exited,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Lines of the part's last words that an error repeats. */
const SAID_MAX = 8;

interface FirstLine {
  readonly event?: string;
  readonly code?: string;
  readonly detail?: string;
  readonly fault?: { readonly code?: string; readonly detail?: string };
}

/** Permissions are by path, so links are followed before they are computed. */
function preparePaths(options: PartPaths): PartPaths {
  mkdirSync(options.nvmFolder, { recursive: true, mode: 0o700 });
  return {
    nvmFolder: realpathSync(options.nvmFolder),
    fuseFile: inRealFolder(options.fuseFile),
    busPath: inRealFolder(options.busPath),
    controlPath: inRealFolder(options.controlPath),
  };
}

function inRealFolder(path: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return join(realpathSync(dirname(path)), basename(path));
}

function collectLines(child: ChildProcess, take: (line: string) => void): void {
  if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', take);
}

async function firstLine(child: ChildProcess, exited: Promise<PartExit>, said: readonly string[]): Promise<FirstLine> {
  const { stdout } = child;
  if (stdout === null) throw new KeystileError('KS-C138');
  let timer: NodeJS.Timeout | undefined;
  const line = await Promise.race([
    new Promise<string>((resolve) => createInterface({ input: stdout }).once('line', resolve)),
    exited.then(() => undefined),
    new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), READY_TIMEOUT_MS);
    }),
  ]);
  clearTimeout(timer);
  if (line !== undefined) return JSON.parse(line) as FirstLine;
  child.kill('SIGKILL');
  throw new KeystileError('KS-C138', said.join(' ').slice(0, 400) || 'the process of the part said nothing');
}

function errorOf({ code, detail }: { code?: string; detail?: string }, said: readonly string[]): KeystileError {
  if (code !== undefined && isErrorCode(code)) return new KeystileError(code, detail);
  return new KeystileError('KS-C138', detail ?? said.join(' '));
}
