import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import {
  type CipherSuite,
  type ClientOptions,
  defaultTlsPolicy,
  type SignRequest,
  TlsClient,
  type TlsPolicy,
} from '@keystile/tls';
import { type HostileCredential, HostileServer } from '../../src/index.ts';

export interface Party {
  readonly chain: readonly Uint8Array[];
  readonly spki: Uint8Array;
  readonly sign: (content: Uint8Array) => Uint8Array;
}

/** A key pair and bytes that stand for a certificate: the client's verifier below reads no certificate. */
export function party(): Party {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    chain: [randomBytes(400)],
    spki: publicKey.export({ type: 'spki', format: 'der' }),
    sign: (content) => sign('sha256', content, { key: privateKey, dsaEncoding: 'der' }),
  };
}

export interface TalkOptions {
  readonly policy?: Partial<TlsPolicy>;
  readonly options?: Partial<ClientOptions>;
  /** What the server chooses. */
  readonly suite?: CipherSuite;
}

/** A client and a hostile server that pass each other every byte at once. */
export class Talk {
  readonly client: TlsClient;
  readonly server: HostileServer;
  /** What the client asked to have signed. */
  readonly signRequests: SignRequest[] = [];

  constructor(server: Party, { policy, options, suite }: TalkOptions = {}) {
    this.server = new HostileServer(server satisfies HostileCredential, suite);
    this.client = new TlsClient({
      policy: { ...defaultTlsPolicy, alpn: [], ...policy },
      serverName: 'broker.test',
      verifier: {
        verify: ({ chain }) => ({
          leafSpki: server.spki,
          path: chain,
          anchorDigest: new Uint8Array(32),
          notAfterMs: 0,
        }),
      },
      random: randomBytes,
      ...options,
    });
    this.client.start();
    this.server.receive(this.client.takeOutput());
  }

  say(bytes: Uint8Array): void {
    this.client.receive(bytes);
    this.server.receive(this.client.takeOutput());
  }

  /** ServerHello, and handshake keys in use. */
  hello(): void {
    this.say(this.server.plain('handshake', this.server.serverHello()));
    this.server.useHandshakeKeys();
  }
}
