import { randomBytes } from 'node:crypto';
import {
  type CertificateVerifier,
  type CipherSuite,
  type ClientOptions,
  defaultTlsPolicy,
  type Group,
  type ServerCertificateRequest,
  TlsClient,
  type TlsPolicy,
} from '@keystile/tls';
import { HostileServer } from './hostile-server.ts';
import { HostileTls12Server } from './hostile-tls12-server.ts';
import type { Party } from './party.ts';

export interface TalkOptions {
  readonly policy?: Partial<TlsPolicy>;
  readonly options?: Partial<ClientOptions>;
  /** What a server of TLS 1.3 chooses. */
  readonly suite?: CipherSuite;
  /** What the key exchange of a server of TLS 1.2 uses. */
  readonly group?: Group;
}

/**
 * A client and a hostile server that pass each other every byte at once. The client's verifier takes any chain for the
 * server's, so that the engine alone has to find out what is wrong.
 */
abstract class AnyTalk<Server extends HostileServer | HostileTls12Server> {
  readonly client: TlsClient;
  readonly server: Server;
  /** What the client's verifier was asked. */
  readonly verified: ServerCertificateRequest[] = [];

  constructor(server: Server, { spki }: Party, { policy, options }: TalkOptions & { readonly policy: TlsPolicy }) {
    this.server = server;
    const verifier: CertificateVerifier = {
      verify: (request) => {
        this.verified.push(request);
        const notAfterMs = Number.MAX_SAFE_INTEGER;
        return { leafSpki: spki, path: request.chain, anchorDigest: new Uint8Array(32), notAfterMs };
      },
    };
    this.client = new TlsClient({ policy, serverName: 'broker.test', verifier, random: randomBytes, ...options });
    this.client.start();
    this.server.receive(this.client.takeOutput());
  }

  say(bytes: Uint8Array): void {
    this.client.receive(bytes);
    this.server.receive(this.client.takeOutput());
  }

  /** One message, or part of one, in a record of its own, in the clear. */
  sayPlain(message: Uint8Array): void {
    this.say(this.server.plain('handshake', message));
  }

  /** The same under the present keys. */
  saySealed(message: Uint8Array): void {
    this.say(this.server.seal('handshake', message));
  }
}

/** With a server of TLS 1.3. */
export class Talk extends AnyTalk<HostileServer> {
  constructor(party: Party, options: TalkOptions = {}) {
    const policy = { ...defaultTlsPolicy, alpn: [], ...options.policy };
    super(new HostileServer(party, options.suite), party, { ...options, policy });
  }

  /** ServerHello, and handshake keys in use. */
  hello(): void {
    this.sayPlain(this.server.serverHello());
    this.server.useHandshakeKeys();
  }

  connect(): void {
    this.say(this.server.honestFlight());
  }
}

/** With a server of TLS 1.2, and a client that would have TLS 1.3 too. */
export class Tls12Talk extends AnyTalk<HostileTls12Server> {
  constructor(party: Party, options: TalkOptions = {}) {
    const policy: TlsPolicy = {
      ...defaultTlsPolicy,
      versions: ['1.3', '1.2'],
      suites: ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
      alpn: [],
      ...options.policy,
    };
    super(new HostileTls12Server(party, options.group), party, { ...options, policy });
  }

  connect(): void {
    this.say(this.server.honestFlight());
    this.say(this.server.honestEnd());
  }
}
