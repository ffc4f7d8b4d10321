import { createHash, sign, X509Certificate } from 'node:crypto';
import { type ClientSpeech, type HostileCredential, HostileServer, HostileTls12Server } from '@keystile/adversary';
import { concatBytes, encodeUtf8 } from '@keystile/bytes';
import type { ServerCredential } from '@keystile/testkit';

/**
 * An honest server in memory that keeps every handshake message as it passes, and computes from them what the client
 * may sign: a second opinion on the transcript, by concatenation instead of a running hash.
 */
export interface TwinServer {
  /** Bytes from the client in, bytes for it out. */
  receive(bytes: Uint8Array): Uint8Array;
  /** What a CertificateVerify of this connection is over; undefined before the client's certificate came. */
  readonly toBeSigned: Uint8Array | undefined;
}

export function twinServer(version: '1.3' | '1.2', credential: ServerCredential): TwinServer {
  const own = hostileCredential(credential);
  return version === '1.3' ? new Tls13Twin(own) : new Tls12Twin(own);
}

class Tls13Twin implements TwinServer {
  readonly #server: HostileServer;
  #messages: Uint8Array[] = [];

  constructor(credential: HostileCredential) {
    this.#server = new HostileServer(credential);
  }

  receive(bytes: Uint8Array): Uint8Array {
    const server = this.#server;
    server.receive(bytes);
    if (this.#messages.length > 0 || messageOf(server.speech, 'ClientHello') === undefined) return new Uint8Array(0);
    const hello = server.serverHello();
    const flight = [
      server.encryptedExtensions(),
      server.certificateRequest(),
      server.certificate(),
      server.certificateVerify(),
      server.finished(),
    ];
    this.#messages = [hello, ...flight];
    server.useHandshakeKeys();
    const sealed = server.seal('handshake', concatBytes(...flight));
    server.useApplicationKeys();
    return concatBytes(server.plain('handshake', hello), sealed);
  }

  /** RFC 8446 §4.4.3. */
  get toBeSigned(): Uint8Array | undefined {
    const hello = messageOf(this.#server.speech, 'ClientHello');
    const certificate = messageOf(this.#server.speech, 'Certificate');
    if (hello === undefined || certificate === undefined) return undefined;
    const hash = createHash('sha256')
      .update(concatBytes(hello, ...this.#messages, certificate))
      .digest();
    return concatBytes(encodeUtf8(`${' '.repeat(64)}TLS 1.3, client CertificateVerify\0`), hash);
  }
}

class Tls12Twin implements TwinServer {
  readonly #server: HostileTls12Server;
  #messages: Uint8Array[] = [];

  constructor(credential: HostileCredential) {
    this.#server = new HostileTls12Server(credential);
  }

  receive(bytes: Uint8Array): Uint8Array {
    const server = this.#server;
    server.receive(bytes);
    if (this.#messages.length === 0 && messageOf(server.speech, 'ClientHello') !== undefined) {
      this.#messages = [
        server.serverHello(),
        server.certificate(),
        server.serverKeyExchange(),
        server.certificateRequest(),
        server.serverHelloDone(),
      ];
      return server.plain('handshake', concatBytes(...this.#messages));
    }
    return messageOf(server.speech, 'Finished') === undefined ? new Uint8Array(0) : server.honestEnd();
  }

  /** RFC 5246 §7.4.8: the messages themselves, up to ClientKeyExchange. */
  get toBeSigned(): Uint8Array | undefined {
    const { speech } = this.#server;
    const [hello, certificate, exchange] = (['ClientHello', 'Certificate', 'ClientKeyExchange'] as const).map((name) =>
      messageOf(speech, name),
    );
    if (hello === undefined || certificate === undefined || exchange === undefined) return undefined;
    return concatBytes(hello, ...this.#messages, certificate, exchange);
  }
}

function messageOf(speech: readonly ClientSpeech[], name: string): Uint8Array | undefined {
  return speech.find((said) => said.kind === 'handshake' && said.name === name)?.bytes;
}

function hostileCredential({ key, cert }: ServerCredential): HostileCredential {
  const chain = cert
    .split(/(?<=-----END CERTIFICATE-----)\s*/)
    .filter((pem) => pem.includes('BEGIN'))
    .map((pem) => new Uint8Array(new X509Certificate(pem).raw));
  return { chain, sign: (content) => sign('sha256', content, { key, dsaEncoding: 'der' }) };
}
