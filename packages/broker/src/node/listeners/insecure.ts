import { KeystileError } from '@keystile/errors';
import type { InsecureConfiguration } from '../configuration/schema.ts';
import { AdmissionGate } from './admission-gate.ts';
import { remoteOf } from './bind.ts';
import { type ListenerParts, type Listening, policyOf } from './listener.ts';
import { driveSocket } from './socket-transport.ts';

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];

/** MQTT in clear, for tests on this machine: loopback only, one configured identity, and the command line must agree. */
export async function listenInsecure(configuration: InsecureConfiguration, parts: ListenerParts): Promise<Listening> {
  const { name, address } = configuration;
  if (!LOOPBACK.includes(address)) {
    throw new KeystileError('KS-B106', `listener '${name}' has no TLS and is asked to listen on ${address}`);
  }
  const credentials = { identity: configuration.identity, serial: undefined };
  const listener = policyOf(configuration);
  const gate = new AdmissionGate(configuration, parts.log, (socket) =>
    driveSocket(socket, parts.driver, { credentials, listener, remote: remoteOf(socket) }, () => gate.admitted(socket)),
  );
  const port = await gate.listen();
  return { name, kind: 'insecure', address, port, close: () => gate.close() };
}
