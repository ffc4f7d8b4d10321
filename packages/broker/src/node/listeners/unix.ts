import { createServer } from 'node:net';
import { resolve } from 'node:path';
import type { UnixConfiguration } from '../configuration/schema.ts';
import { type ListenerParts, type Listening, policyOf } from './listener.ts';
import { bindOwnerOnly } from './owner-only.ts';
import { driveSocket } from './socket-transport.ts';

/** MQTT on a Unix socket that its owner alone can open; every client of it is the configured identity. */
export async function listenUnix(configuration: UnixConfiguration, parts: ListenerParts): Promise<Listening> {
  const { name } = configuration;
  const path = resolve(parts.folder, configuration.path);
  const server = createServer();
  const credentials = { identity: configuration.identity, serial: undefined };
  const listener = policyOf(configuration);
  server.on('connection', (socket) => driveSocket(socket, parts.driver, { credentials, listener, remote: path }));
  await bindOwnerOnly(server, path, `listener '${name}'`);
  return { name, kind: 'unix', address: path, close: () => Promise.resolve(void server.close()) };
}
