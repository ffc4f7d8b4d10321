/**
 * One running instance per home: a lock file that names the process which holds it.
 *
 * The file holds the process id and the time the process started, in the kernel's ticks since boot, so that a stale
 * lock is told from a live one even after its number went to another process. It is made by `link`, which either makes
 * the complete file or fails. Where there is no /proc, the process id alone decides.
 */
import { createHash, randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { KeystileError } from '@keystile/errors';

export interface HomeLock {
  release(): Promise<void>;
}

/** Throws KS-U110 when a live process holds the lock. */
export async function lockHome(path: string): Promise<HomeLock> {
  const content = `${process.pid} ${await startOf(process.pid)}\n`;
  const fresh = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  await writeFile(fresh, content, { mode: 0o600, flag: 'wx' }).catch((cause: Error) => {
    throw new KeystileError('KS-U122', `${path}: ${cause.message}`, { cause });
  });
  try {
    await linkUnlessHeld(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
  return {
    release: async () => {
      if ((await readFile(path, 'utf8').catch(() => '')) === content) await rm(path, { force: true });
    },
  };
}

/** The process id of the live holder, or undefined. */
export async function lockHolder(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return holderIn(text);
}

/** More than a few rounds mean that somebody else wins each time. */
const ATTEMPTS_MAX = 5;

async function linkUnlessHeld(fresh: string, path: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (await linked(fresh, path)) return;
    const seen = await readFile(path, 'utf8').catch(() => undefined);
    if (seen === undefined) continue;
    const holder = await holderIn(seen);
    if (holder !== undefined) throw held(path, holder);
    if (await takeOver(fresh, path, seen)) return;
  }
  throw new KeystileError('KS-U110', `${path} is fought over by several starting instances`);
}

/** False when there is a file of this name. */
async function linked(fresh: string, path: string): Promise<boolean> {
  try {
    await link(fresh, path);
    return true;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return false;
    throw new KeystileError('KS-U122', `${path}: ${String(cause)}`, { cause });
  }
}

/**
 * Replaces a stale lock in one step. Only the holder of the claim on just this stale content may, and it looks again
 * first: what it saw may have been replaced before it had the claim.
 */
async function takeOver(fresh: string, path: string, seen: string): Promise<boolean> {
  const claim = `${path}.${createHash('sha256').update(seen).digest('hex').slice(0, 16)}.claim`;
  if (!(await linked(fresh, claim))) {
    const claimant = await readFile(claim, 'utf8').catch(() => undefined);
    // Left by a process that was killed in these few lines.
    if (claimant !== undefined && (await holderIn(claimant)) === undefined) await rm(claim, { force: true });
    return false;
  }
  try {
    if ((await readFile(path, 'utf8').catch(() => undefined)) !== seen) return false;
    await rename(fresh, path);
    return true;
  } finally {
    await rm(claim, { force: true });
  }
}

function held(path: string, pid: number): KeystileError {
  return new KeystileError('KS-U110', `process ${pid} holds ${path}`);
}

async function holderIn(text: string): Promise<number | undefined> {
  const [, pidText, start] = /^([0-9]+) ([0-9]+|-)\n$/.exec(text) ?? [];
  const pid = Number(pidText);
  if (pidText === undefined || !isAlive(pid)) return undefined;
  return start === '-' || start === (await startOf(pid)) ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Field 22 of /proc/<pid>/stat; the second field is the program's name in parentheses and may hold blanks. */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const afterName = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return afterName[19] ?? '-';
}
