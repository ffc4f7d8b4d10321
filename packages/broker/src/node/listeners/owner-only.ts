import { once } from 'node:events';
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { KeystileError } from '@keystile/errors';
import { bind } from './bind.ts';

/** Listens on a Unix socket that its owner alone can open. `what` names it to a person. Throws `KS-B103` or `KS-B104`. */
export async function bindOwnerOnly(server: Server, path: string, what: string): Promise<void> {
  await removeStale(path, what);
  const umask = process.umask(0o177);
  try {
    await bind(server, { path }, `${what} on ${path}`);
    chmodSync(path, 0o600);
  } finally {
    process.umask(umask);
  }
}

/** A socket that nobody listens on is left over from a process that was killed; anything else is not ours to remove. */
async function removeStale(path: string, what: string): Promise<void> {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return;
  if (!entry.isSocket()) throw new KeystileError('KS-B104', `${what}: ${path} is there and is no socket`);
  const socket = connect(path);
  try {
    await once(socket, 'connect');
  } catch {
    rmSync(path);
    return;
  } finally {
    socket.destroy();
  }
  throw new KeystileError('KS-B103', `${what}: another program listens on ${path}`);
}
