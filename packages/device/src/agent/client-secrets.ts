import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { KeystileError } from '@keystile/errors';
import type { ConnectPacket } from '@keystile/mqtt';

/**
 * Who may use the agent over TCP: whoever names one of these clients as user name and its secret as password. On the
 * loopback address every user of the machine can connect, so there is no client without a secret.
 *
 *   { "format": 1, "clients": { "node-red": "at least 16 characters" } }
 *
 * A file of mode 0600, read once.
 */
const FORMAT = 1;
const FOR_OTHERS = 0o077;
/** What cannot be guessed at the speed of a local socket. */
const SECRET_LENGTH_MIN = 16;
/** What an unknown name is compared with, so that it takes as long as a known one. */
const NOBODY = digest('');

export class ClientSecrets {
  readonly #digests: ReadonlyMap<string, Uint8Array>;

  constructor(secrets: ReadonlyMap<string, string>) {
    this.#digests = new Map([...secrets].map(([name, secret]) => [name, digest(secret)]));
  }

  /** The client's name. Throws `KS-D130`, with the same words for a name that is unknown. */
  check({ userName = '', password = new Uint8Array(0) }: ConnectPacket): string {
    const expected = this.#digests.get(userName);
    const matches = timingSafeEqual(digest(password), expected ?? NOBODY);
    if (expected !== undefined && matches) return userName;
    throw new KeystileError('KS-D130', 'user name and password are not those of a client of this agent');
  }
}

/** Throws `KS-D136` when the file cannot be used, `KS-D137` when others may read it. */
export async function loadClientSecrets(path: string): Promise<ClientSecrets> {
  const clients = parsed(await readPrivate(path), path);
  const secrets = new Map<string, string>();
  for (const [name, secret] of Object.entries(clients)) {
    if (typeof secret !== 'string' || Buffer.byteLength(secret) < SECRET_LENGTH_MIN || name === '') {
      throw new KeystileError('KS-D136', `${path}: the secret of '${name}' has fewer than ${SECRET_LENGTH_MIN} bytes`);
    }
    secrets.set(name, secret);
  }
  if (secrets.size === 0) throw new KeystileError('KS-D136', `${path} names no client`);
  return new ClientSecrets(secrets);
}

async function readPrivate(path: string): Promise<string> {
  let mode: number;
  try {
    ({ mode } = await stat(path));
    if ((mode & FOR_OTHERS) === 0) return await readFile(path, 'utf8');
  } catch (cause) {
    throw new KeystileError('KS-D136', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  throw new KeystileError('KS-D137', `${path} has mode ${(mode & 0o777).toString(8).padStart(4, '0')}`);
}

function parsed(text: string, path: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const { format, clients } = isRecord(value) ? value : {};
  if (format === FORMAT && isRecord(clients)) return clients;
  throw new KeystileError('KS-D136', `${path} does not hold secrets of format ${FORMAT}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Of equal length whatever was sent, for a comparison that takes the same time. */
function digest(secret: string | Uint8Array): Uint8Array {
  return createHash('sha256').update(secret).digest();
}
