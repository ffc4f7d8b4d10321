import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { createInterface } from 'node:readline';
import { isErrorCode, KeystileError } from '@keystile/errors';
import { type PartPaths, pathsOfParts } from './part-paths.ts';
import { permissionFlags } from './permissions.ts';
import type { TimingProfile } from './timing-profile.ts';

/**
 * Starts a virtual part in a process of its own, with nothing but its permissions: no environment, no rights beyond
 * its own files. The process ends with this one, since it reads an end of file on its standard input then.
 */
export interface SpawnPartOptions extends PartPaths {
  /** What the part says on its standard error, line by line. */
  readonly log?: (line: string) => void;
  /** Which real part it is as slow as; `none` when absent. */
  readonly profile?: TimingProfile;
  /** What disturbs its bus, such as `seed=7,flip=0.01`; nothing when absent. */
  readonly busFaults?: string;
  /** Its power goes in the middle of this write to memory or fuses, counted from 1. */
  readonly cutPowerAtWrite?: number;
  /** Many parts in this process, each with the paths and its number behind them; one when absent. */
  readonly parts?: number;
}

export interface PartProcess {
  readonly pid: number;
  /** Why the part refuses every command: its memory was copied, put back or damaged. It runs all the same. */
  readonly fault: KeystileError | undefined;
  /** All parts of the process; `fault` is that of the first. */
  readonly parts: readonly ServedPart[];
  readonly exited: Promise<PartExit>;
  /** Ends the process in order and waits for it. */
  stop(): Promise<void>;
}

export interface ServedPart {
  readonly busPath: string;
  readonly controlPath: string;
  readonly fault: KeystileError | undefined;
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
  const args = [...permissionFlags(...paths.parts), serve, ...orderOf(paths.all, options)];
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
  const parts = (ready.parts ?? []).map(({ bus, control, fault }) => ({
    busPath: bus,
    controlPath: control,
    fault: fault && errorOf(fault, said),
  }));
  return {
    pid: child.pid ?? 0,
    fault: parts[0]?.fault,
    parts,
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
  readonly parts?: readonly {
    readonly bus: string;
    readonly control: string;
    readonly fault?: { readonly code?: string; readonly detail?: string };
  }[];
}

/** Permissions are by path, so links are followed before they are computed. A folder of memory is made for each part. */
function preparePaths(options: SpawnPartOptions): { readonly all: PartPaths; readonly parts: readonly PartPaths[] } {
  const all = {
    nvmFolder: inRealFolder(options.nvmFolder),
    fuseFile: inRealFolder(options.fuseFile),
    busPath: inRealFolder(options.busPath),
    controlPath: inRealFolder(options.controlPath),
  };
  const parts = pathsOfParts(all, options.parts ?? 1);
  for (const { nvmFolder, fuseFile } of parts) {
    mkdirSync(nvmFolder, { recursive: true, mode: 0o700 });
    const folder = realpathSync(nvmFolder);
    if (fuseFile.startsWith(`${folder}${sep}`)) throw new KeystileError('KS-C240', `${fuseFile} is in ${folder}`);
  }
  if (parts.length > 1) return { all, parts };
  const one = { ...all, nvmFolder: realpathSync(all.nvmFolder) };
  return { all: one, parts: [one] };
}

/** The command line of `serve.ts`. */
function orderOf(paths: PartPaths, { profile, busFaults, cutPowerAtWrite, parts }: SpawnPartOptions): string[] {
  const order: Readonly<Record<string, string | number | undefined>> = {
    nvm: paths.nvmFolder,
    fuse: paths.fuseFile,
    bus: paths.busPath,
    control: paths.controlPath,
    profile,
    'bus-faults': busFaults,
    'cut-power-at-write': cutPowerAtWrite,
    parts,
  };
  return Object.entries(order).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)]));
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
