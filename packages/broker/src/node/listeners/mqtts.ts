import { createServer, type TLSSocket } from 'node:tls';
import type { ListenerPolicy, Peer } from '../../connection/parts.ts';
import { isRefusal, sentenceOf } from '../../refusal.ts';
import type { MqttsConfiguration } from '../configuration/schema.ts';
import { certified, subjectOf } from '../peer/certificate-credentials.ts';
import { channelOf } from '../peer/tls-channel.ts';
import { AdmissionGate } from './admission-gate.ts';
import { remoteOf } from './bind.ts';
import { guarded, type ListenerParts, type Listening, policyOf, stapleOf } from './listener.ts';
import { ReplaceableTls } from './replaceable-tls.ts';
import { driveSocket } from './socket-transport.ts';
import { tlsMaterial } from './tls-options.ts';

/** MQTT over mutual TLS: no client without a certificate gets as far as CONNECT. */
export async function listenMqtts(configuration: MqttsConfiguration, parts: ListenerParts): Promise<Listening> {
  const { log } = parts;
  const { name, address } = configuration;
  const { options } = tlsMaterial(configuration, parts.folder);
  const server = createServer({ ...options, ALPNProtocols: ['mqtt'] });
  const staple = stapleOf(configuration, parts);
  const tls = new ReplaceableTls(server, options, staple);
  const gate = new AdmissionGate(configuration, log, (socket) => server.emit('connection', socket));
  const listener = policyOf(configuration);
  server.on('secureConnection', (socket: TLSSocket) => {
    const peer = guarded(socket, log, () => peerOf(socket, listener, parts));
    if (peer === undefined) socket.destroy();
    else driveSocket(socket, parts.driver, peer, () => gate.admitted(socket));
  });
  server.on('tlsClientError', (error, socket) => {
    const remote = remoteOf(socket);
    const sentence = `TLS on listener '${name}': ${error.message}`;
    log.event({ level: 'warn', event: 'refused', code: 'KS-B112', sentence, remote });
    // Node closes after a failed handshake, and not after one that took too long.
    socket.destroy();
  });
  const port = await gate.listen();
  return {
    name,
    kind: 'mqtts',
    address,
    port,
    close: () => gate.close(),
    tls: {
      staple,
      replace: (material) => tls.replace(material.options),
      renewTickets: () => tls.renewTickets(),
    },
  };
}

/** Undefined for a client that is not let in, which the log then knows. */
function peerOf(socket: TLSSocket, listener: ListenerPolicy, parts: ListenerParts): Peer | undefined {
  const remote = remoteOf(socket);
  const client = certified(socket, parts.issuers(), parts.utcNow());
  if (isRefusal(client)) {
    const presented = socket.getPeerX509Certificate();
    const { code } = client;
    const subject = presented && { subject: subjectOf(presented) };
    parts.log.event({ level: 'warn', event: 'refused', code, sentence: sentenceOf(client), remote, ...subject });
    return undefined;
  }
  const { credentials, validForMs } = client;
  const channel = channelOf(socket);
  return { credentials, listener, remote, expiresAtMs: parts.now() + validForMs, ...(channel && { channel }) };
}
