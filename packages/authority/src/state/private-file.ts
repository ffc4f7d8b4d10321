import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KeystileError } from '@keystile/errors';

/**
 * Files that change all at once and, when they hold a key, are nobody's but the owner's.
 *
 * A write goes to a fresh file beside the target, is flushed, and is renamed over it, so that a reader or a power cut
 * sees the old or the new bytes. A key is only read when its mode is 0600 or narrower and no other user can replace it
 * (folder 0700). What it does *not* do: encrypt. Keys at rest in a token or a sealed key process are not here yet.
 */
const KEY_FILE_MODE = 0o600;
const PUBLIC_FILE_MODE = 0o644;
const FOLDER_MODE = 0o700;
/** Permissions of group and others. */
const OPEN_TO_OTHERS = 0o077;

export async function makePrivateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    await chmod(folder, FOLDER_MODE);
  } catch (cause) {
    throw unusable(folder, cause);
  }
}

export function writeKeyFile(path: string, text: string): Promise<void> {
  return replaceFile(path, text, KEY_FILE_MODE);
}

export function writePublicFile(path: string, content: string | Uint8Array): Promise<void> {
  return replaceFile(path, content, PUBLIC_FILE_MODE);
}

/** Refuses a key that others could have read (KS-A101); a missing one is KS-A100. */
export async function readKeyFile(path: string): Promise<string> {
  await refuseOpenFolder(dirname(path));
  const entry = await lstat(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (!entry.isFile()) throw new KeystileError('KS-A104', `${path} is not a plain file`);
  refuseOpenMode(path, entry.mode);
  return readStateFile(path);
}

/** A file whose content is public; a missing one is KS-A100. */
export async function readStateFile(path: string): Promise<string> {
  let file: Awaited<ReturnType<typeof open>> | undefined;
  try {
    file = await open(path, 'r');
    return await file.readFile('utf8');
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    await file?.close();
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

async function replaceFile(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const fresh = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(fresh, 'wx', mode);
    try {
      await file.chmod(mode);
      await file.writeFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
    await flushFolder(dirname(path));
  } catch (cause) {
    await rm(fresh, { force: true });
    throw unusable(path, cause);
  }
}

/** A rename is durable only when its folder is. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function refuseOpenFolder(folder: string): Promise<void> {
  const entry = await stat(folder).catch((cause: unknown) => {
    throw unreadable(folder, cause);
  });
  refuseOpenMode(folder, entry.mode);
}

function refuseOpenMode(path: string, mode: number): void {
  if ((mode & OPEN_TO_OTHERS) === 0) return;
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  throw new KeystileError('KS-A101', `${path} has mode ${shown}: users other than its owner can reach the key`);
}

function unreadable(path: string, cause: unknown): KeystileError {
  const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  return missing ? new KeystileError('KS-A100', `${path} is missing`) : unusable(path, cause);
}

function unusable(path: string, cause: unknown): KeystileError {
  if (cause instanceof KeystileError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new KeystileError('KS-A105', `${path}: ${reason}`, { cause });
}
