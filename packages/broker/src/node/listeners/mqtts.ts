import { createServer, type TLSSocket } from 'node:tls';
import { isRefusal, sentenceOf } from '../../refusal.ts';
import type { MqttsConfiguration } from '../configuration/schema.ts';
import { credentialsOf } from '../peer/certificate-credentials.ts';
import { channelOf } from '../peer/tls-channel.ts';
import { AdmissionGate } from './admission-gate.ts';
import { remoteOf } from './bind.ts';
import { guarded, type ListenerParts, type Listening, policyOf } from './listener.ts';
import { driveSocket } from './socket-transport.ts';
import { tlsOptions } from './tls-options.ts';

/** MQTT over mutual TLS: no client without a certificate gets as far as CONNECT. */
export async function listenMqtts(configuration: MqttsConfiguration, parts: ListenerParts): Promise<Listening> {
  const { driver, log, issuers } = parts;
  const { name, address } = configuration;
  const server = createServer({
    ...tlsOptions(configuration, parts.folder),
    rejectUnauthorized: true,
    ALPNProtocols: ['mqtt'],
  });
  const gate = new AdmissionGate(configuration, log, (socket) => server.emit('connection', socket));
  const listener = policyOf(configuration);
  server.on('secureConnection', (socket: TLSSocket) => {
    const remote = remoteOf(socket);
    const credentials = guarded(socket, log, () => credentialsOf(socket, issuers));
    if (credentials === undefined) return;
    if (isRefusal(credentials)) {
      const { code } = credentials;
      log.event({ level: 'warn', event: 'refused', code, sentence: sentenceOf(credentials), remote });
      socket.destroy();
      return;
    }
    const channel = channelOf(socket);
    const peer = { credentials, listener, remote, ...(channel && { channel }) };
    driveSocket(socket, driver, peer, () => gate.admitted(socket));
  });
  server.on('tlsClientError', (error, socket) => {
    const remote = remoteOf(socket);
    const sentence = `TLS on listener '${name}': ${error.message}`;
    log.event({ level: 'warn', event: 'refused', code: 'KS-B112', sentence, remote });
    // Node closes after a failed handshake, and not after one that took too long.
    socket.destroy();
  });
  const port = await gate.listen();
  return { name, kind: 'mqtts', address, port, close: () => gate.close() };
}
