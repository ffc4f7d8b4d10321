import { createServer } from 'node:net';
import { KeystileError } from '@keystile/errors';
import type { InsecureConfiguration } from '../configuration/schema.ts';
import { AdmissionGate } from './admission-gate.ts';
import { bind, portOf, shown, stopAccepting } from './bind.ts';
import { type ListenerParts, type Listening, policyOf } from './listener.ts';
import { driveSocket } from './socket-transport.ts';

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];

/** MQTT in clear, for tests on this machine: loopback only, one configured identity, and the command line must agree. */
export async function listenInsecure(configuration: InsecureConfiguration, parts: ListenerParts): Promise<Listening> {
  const { name, address } = configuration;
  if (!LOOPBACK.includes(address)) {
    throw new KeystileError('KS-B106', `listener '${name}' has no TLS and is asked to listen on ${address}`);
  }
  const server = createServer();
  const gate = new AdmissionGate(server, configuration, parts.log);
  const credentials = { identity: configuration.identity, serial: undefined };
  const listener = policyOf(configuration);
  server.on('connection', (socket) => {
    if (socket.destroyed) return;
    const remote = shown(socket.remoteAddress ?? '', socket.remotePort ?? 0);
    driveSocket(socket, parts.driver, { credentials, listener, remote }, () => gate.admitted(socket));
  });
  await bind(
    server,
    { host: address, port: configuration.port },
    `listener '${name}' on ${shown(address, configuration.port)}`,
  );
  return { name, kind: 'insecure', address, port: portOf(server), close: () => stopAccepting(server) };
}
