import { randomBytes, sign } from 'node:crypto';
import { type HostileCredential, HostileServer, HostileTls12Server } from '@keystile/adversary';
import { parseTrustAnchor, validateServerPath } from '@keystile/pki/path';
import {
  type CertificateVerifier,
  type CipherSuite,
  type ClientCertificate,
  type ClientOptions,
  defaultTlsPolicy,
  type SignRequest,
  type TicketStore,
  type TlsPolicy,
  type Trace,
} from '@keystile/tls';
import {
  alternativeNames,
  DAY_MS,
  dnsName,
  type Key,
  mintCa,
  mintLeaf,
  NOW_MS,
  type Party,
} from '../../../../packages/pki/test/support/mint.ts';
import type { Scenario } from './scenario.ts';

const SERVER_NAME = 'broker.example';

/** Suites of TLS 1.3, for the server to choose. */
export const tls13Suites = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_AES_128_CCM_SHA256',
] as const satisfies readonly CipherSuite[];

export type Tls13Suite = (typeof tls13Suites)[number];

/** What all cases share: a certification authority, a server's and a client's key. Nothing of it changes. */
export class World {
  readonly #root: Party = mintCa({ subject: 'Root' });
  readonly #issuer: Party = mintCa({ subject: 'Issuer', issuer: this.#root });
  readonly #server: Party = mintLeaf({
    subject: 'server',
    issuer: this.#issuer,
    extensions: { subjectAlternativeName: alternativeNames(dnsName(SERVER_NAME)) },
  });
  readonly #device: Party = mintLeaf({ subject: 'device', issuer: this.#root });
  readonly #anchors = [parseTrustAnchor(this.#root.der)];

  server({ version }: Scenario, suite: Tls13Suite): HostileServer | HostileTls12Server {
    return version === '1.3' ? new HostileServer(this.#credential, suite) : new HostileTls12Server(this.#credential);
  }

  clientOptions({ version, authentication }: Scenario, { tickets, verifier, trace }: ClientWiring): ClientOptions {
    return {
      policy: version === '1.3' ? policyOfTls13 : policyOfBoth,
      serverName: SERVER_NAME,
      verifier: this.#verifiers[verifier],
      random: randomBytes,
      resumption: { tickets, scope: new Uint8Array(32), nowMs: () => NOW_MS },
      trace,
      ...(authentication === 'given' ? { clientCertificate: this.#deviceCertificate } : {}),
    };
  }

  /** The device's key answers honestly. */
  sign({ input }: SignRequest): Uint8Array {
    return signatureOf(this.#device.key, input);
  }

  readonly #verifiers: Readonly<Record<ClientWiring['verifier'], CertificateVerifier>> = {
    path: {
      verify: ({ chain, serverName }) =>
        validateServerPath({ chain, anchors: this.#anchors, serverName, atMs: NOW_MS }),
    },
    // What it lets pass, the engine has to find out by itself.
    blind: {
      verify: ({ chain }) => ({
        leafSpki: this.#server.key.spki,
        path: chain,
        anchorDigest: new Uint8Array(32),
        notAfterMs: NOW_MS + DAY_MS,
      }),
    },
  };

  get #deviceCertificate(): ClientCertificate {
    return { chain: [this.#device.der], scheme: 'ecdsa_secp256r1_sha256' };
  }

  get #credential(): HostileCredential {
    return {
      chain: [this.#server.der, this.#issuer.der],
      // Of one length always, so that the same place is meant in every run.
      sign: (content) => {
        for (;;) {
          const signature = signatureOf(this.#server.key, content);
          if (signature.length === SIGNATURE_LENGTH) return signature;
        }
      },
    };
  }
}

export interface ClientWiring {
  readonly tickets: TicketStore;
  /** The product's path validation, or one that accepts any chain as the server's. */
  readonly verifier: 'path' | 'blind';
  readonly trace: Trace;
}

/** DER of r and s of P-256, of which half of all signatures have this length. */
const SIGNATURE_LENGTH = 71;

function signatureOf(key: Key, content: Uint8Array): Uint8Array {
  return Uint8Array.from(sign('sha256', content, { key: key.private, dsaEncoding: 'der' }));
}

const policyOfTls13: TlsPolicy = { ...defaultTlsPolicy, suites: tls13Suites };

const policyOfBoth: TlsPolicy = {
  ...defaultTlsPolicy,
  versions: ['1.3', '1.2'],
  suites: [...tls13Suites, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
};
