import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { TlsChannel } from '../../authentication/method.ts';

/** The connection of a client with a certificate as OpenSSL knows it. What evidence is bound to comes from here alone. */
export function channelOf(socket: TLSSocket): TlsChannel | undefined {
  const own = socket.getX509Certificate();
  if (own === undefined) return undefined;
  return {
    cipherSuite: socket.getCipher().standardName,
    certificateDigest: new Uint8Array(createHash('sha256').update(own.raw).digest()),
    exporter: ({ label, context, length }) =>
      new Uint8Array(socket.exportKeyingMaterial(length, label, Buffer.from(context))),
  };
}
