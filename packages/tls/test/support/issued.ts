import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  type CertificateAuthority,
  issueClientCertificate,
  issueRootCa,
  issueServerCertificate,
} from '@keystile/pki/issue';
import type { Signer } from '../../src/node/index.ts';

const hourMs = 3_600_000;
const validity = { fromMs: Date.now() - hourMs, untilMs: Date.now() + 48 * hourMs };

export interface Issued {
  readonly pem: string;
  readonly key: KeyObject;
  readonly keyPem: string;
}

/** A root whose certificates pass the product's own path validation, which those of the `openssl` command need not. */
export class IssuingRoot {
  readonly #authority: CertificateAuthority;

  private constructor(authority: CertificateAuthority) {
    this.#authority = authority;
  }

  static async make(commonName = 'Root'): Promise<IssuingRoot> {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const subject = { organization: 'test', commonName };
    return new IssuingRoot(await issueRootCa({ key, subject, validity, pathLengthMax: 1 }));
  }

  get pem(): string {
    return this.#authority.pem;
  }

  async server(...names: readonly string[]): Promise<Issued> {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const { pem } = await issueServerCertificate({ ...this.#leaf(spki, 'server'), names });
    return issued(pem, privateKey);
  }

  async client(id: string): Promise<Issued> {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    return issued(await this.certify(spki, id), privateKey);
  }

  /** For a key that is elsewhere. */
  async certify(spki: Uint8Array, id: string): Promise<string> {
    const identity = `urn:keystile:test:device:${id}`;
    return (await issueClientCertificate({ ...this.#leaf(spki, id), identity })).pem;
  }

  #leaf(publicKey: Uint8Array, commonName: string) {
    return { issuer: this.#authority, publicKey, validity, subject: { organization: 'test', commonName } };
  }
}

function issued(pem: string, key: KeyObject): Issued {
  return { pem, key, keyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** A key that answers after a while, as one in a token does. */
export function slowSigner({ key }: Issued, ms = 5): Signer {
  return async (input, scheme) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return sign(scheme === 'ecdsa_secp384r1_sha384' ? 'sha384' : 'sha256', input, { key, dsaEncoding: 'der' });
  };
}
