import { randomBytes, sign } from 'node:crypto';
import type { Duplex } from 'node:stream';
import {
  type CertificateVerifier,
  type ClientOptions,
  defaultTlsPolicy,
  type SignRequest,
  TlsClient,
  type TlsPolicy,
} from '../../src/index.ts';
import type { Credential } from './credentials.ts';

/** Accepts exactly one server certificate: what the engine does with a verdict is under test here, not the verdict. */
export function pinning(server: Credential): CertificateVerifier {
  const leafSpki = server.certificate.publicKey.export({ type: 'spki', format: 'der' });
  return {
    verify: ({ chain }) => {
      if (!chain[0] || !server.certificate.raw.equals(chain[0])) throw new Error('not the pinned certificate');
      return { leafSpki, path: chain, anchorDigest: new Uint8Array(32), notAfterMs: Number.MAX_SAFE_INTEGER };
    },
  };
}

export function signWith(credential: Credential): (request: SignRequest) => Uint8Array {
  return ({ scheme, input }) => {
    const hash = scheme === 'ecdsa_secp384r1_sha384' ? 'sha384' : 'sha256';
    return sign(hash, input, { key: credential.key, dsaEncoding: 'der' });
  };
}

export interface WireOptions {
  readonly server: Credential;
  readonly policy?: Partial<TlsPolicy>;
  readonly client?: Credential;
  readonly options?: Partial<ClientOptions>;
  /** Both directions are cut into pieces of at most this many bytes. */
  readonly pieces?: number;
  readonly signer?: (request: SignRequest) => Uint8Array | undefined;
}

const patienceMs = 10_000;

/** How much a host hands over at once: well under what the engine lets wait. */
const pushLength = 32_768;

/** A {@link TlsClient} on a byte stream: does what a host and a vault do for it. */
export class Wire {
  readonly client: TlsClient;
  readonly received: Buffer[] = [];
  readonly #options: WireOptions;
  readonly #network: Duplex;
  #expired = false;
  #resume: () => void = () => {};

  constructor(network: Duplex, options: WireOptions) {
    this.#options = options;
    this.#network = network;
    this.client = new TlsClient(clientOptions(options));
    network.on('data', (bytes: Buffer) => {
      for (const piece of this.#cut(bytes)) {
        this.client.receive(piece);
        this.exchange();
      }
    });
    network.on('error', () => {});
    network.on('close', () => {
      this.client.transportEnded();
      this.wake();
    });
    this.client.start();
    this.exchange();
  }

  /** Does whatever the client asks for now: signatures, reading, sending. */
  exchange(): void {
    const { client } = this;
    const request = client.signRequest;
    if (request !== undefined) {
      const signature = this.#sign(request);
      if (signature !== undefined) client.answerSignature(request.id, signature);
    }
    while (client.readableBytes > 0) this.received.push(Buffer.from(client.readApplicationData(65_536)));
    for (const piece of this.#cut(client.takeOutput())) this.#network.write(piece);
    this.wake();
  }

  /** Waits until the condition holds, looking after each event. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const deadline = setTimeout(() => {
      this.#expired = true;
      this.wake();
    }, patienceMs);
    try {
      while (!condition()) {
        if (this.#expired) throw new Error(`waited in vain until ${what}: ${this.describe()}`);
        await new Promise<void>((resolve) => {
          this.#resume = resolve;
        });
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  failed(): Promise<void> {
    return this.until('the client has failed', () => this.client.failure !== undefined);
  }

  end(): void {
    this.#network.destroy();
  }

  protected wake(): void {
    this.#resume();
  }

  protected describe(): string {
    return String(this.client.failure ?? this.client.status.phase);
  }

  #sign(request: SignRequest): Uint8Array | undefined {
    if (this.#options.signer !== undefined) return this.#options.signer(request);
    return this.#options.client === undefined ? undefined : signWith(this.#options.client)(request);
  }

  *#cut(bytes: Uint8Array): Generator<Uint8Array> {
    const size = this.#options.pieces ?? pushLength;
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
}

export function clientOptions({ server, policy, client, options }: WireOptions): ClientOptions {
  return {
    policy: { ...defaultTlsPolicy, ...policy },
    serverName: 'broker.test',
    verifier: pinning(server),
    random: randomBytes,
    ...(client === undefined
      ? {}
      : { clientCertificate: { chain: [client.certificate.raw], scheme: 'ecdsa_secp256r1_sha256' } }),
    ...options,
  };
}
