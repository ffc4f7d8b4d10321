import { once } from 'node:events';
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { resolve } from 'node:path';
import { KeystileError } from '@keystile/errors';
import type { UnixConfiguration } from '../configuration/schema.ts';
import { bind } from './bind.ts';
import { type ListenerParts, type Listening, policyOf } from './listener.ts';
import { driveSocket } from './socket-transport.ts';

/** MQTT on a Unix socket that its owner alone can open; every client of it is the configured identity. */
export async function listenUnix(configuration: UnixConfiguration, parts: ListenerParts): Promise<Listening> {
  const { name } = configuration;
  const path = resolve(parts.folder, configuration.path);
  await removeStale(path, name);
  const server = createServer();
  const credentials = { identity: configuration.identity, serial: undefined };
  const listener = policyOf(configuration);
  server.on('connection', (socket) => driveSocket(socket, parts.driver, { credentials, listener, remote: path }));
  const umask = process.umask(0o177);
  try {
    await bind(server, { path }, `listener '${name}' on ${path}`);
    chmodSync(path, 0o600);
  } finally {
    process.umask(umask);
  }
  return { name, kind: 'unix', address: path, close: () => Promise.resolve(void server.close()) };
}

/** A socket that nobody listens on is left over from a process that was killed; anything else is not ours to remove. */
async function removeStale(path: string, name: string): Promise<void> {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return;
  if (!entry.isSocket()) throw new KeystileError('KS-B104', `listener '${name}': ${path} is there and is no socket`);
  const socket = connect(path);
  try {
    await once(socket, 'connect');
  } catch {
    rmSync(path);
    return;
  } finally {
    socket.destroy();
  }
  throw new KeystileError('KS-B103', `listener '${name}': another program listens on ${path}`);
}
