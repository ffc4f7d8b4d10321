import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KeystileError } from '@keystile/errors';
import { X25519_LENGTH } from '@keystile/link';
import { HostPairing } from './host-pairing.ts';

/**
 * The file of mode 0600 that keeps a host's pairing: whoever can read it can use the part as this host does, and whoever
 * loses it cannot use the part any more without the administrator.
 *
 *   { "format": 1, "hostPrivateKey": base64 of 32 bytes, "partPublicKey": the same }
 */
const FORMAT = 1;
const OWNER_ONLY = 0o600;
const FOR_OTHERS = 0o077;

/** Throws `KS-D121` when there is no such file or it is damaged, `KS-D122` when others may read it. */
export async function loadHostPairing(path: string): Promise<HostPairing> {
  const text = await readPrivate(path);
  const fields = parsed(text);
  const hostPrivateKey = keyOf(fields.hostPrivateKey);
  const partPublicKey = keyOf(fields.partPublicKey);
  if (fields.format !== FORMAT || hostPrivateKey === undefined || partPublicKey === undefined) {
    throw new KeystileError('KS-D121', `${path} does not hold a pairing of format ${FORMAT}`);
  }
  return new HostPairing(hostPrivateKey, partPublicKey);
}

/** Writes the file as a whole or not at all. Throws `KS-D121`, also for a host that has not met its part. */
export async function saveHostPairing(path: string, pairing: HostPairing): Promise<void> {
  if (pairing.partKey === undefined) throw new KeystileError('KS-D121', 'a host that has met no part has no pairing');
  const content = {
    format: FORMAT,
    hostPrivateKey: Buffer.from(pairing.exportPrivateKey()).toString('base64'),
    partPublicKey: Buffer.from(pairing.partKey).toString('base64'),
  };
  const fresh = `${path}.new`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await rm(fresh, { force: true });
    const file = await open(fresh, 'wx', OWNER_ONLY);
    try {
      await file.writeFile(`${JSON.stringify(content)}\n`);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  } catch (cause) {
    throw unusable(path, cause);
  }
}

async function readPrivate(path: string): Promise<string> {
  try {
    const { mode } = await stat(path);
    if ((mode & FOR_OTHERS) === 0) return await readFile(path, 'utf8');
    const shown = (mode & 0o777).toString(8).padStart(4, '0');
    throw new KeystileError('KS-D122', `${path} has mode ${shown}`);
  } catch (cause) {
    throw unusable(path, cause);
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function keyOf(value: unknown): Uint8Array | undefined {
  const key = typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : undefined;
  return key?.length === X25519_LENGTH ? key : undefined;
}

function unusable(path: string, cause: unknown): KeystileError {
  if (cause instanceof KeystileError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new KeystileError('KS-D121', `${path}: ${reason}`, { cause });
}
