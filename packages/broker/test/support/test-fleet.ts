import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { operatorToken } from '@keystile/cose';
import {
  type CertificateAuthority,
  issueClientCertificate,
  issueIssuingCa,
  issueRootCa,
  issueServerCertificate,
  type Validity,
} from '@keystile/pki/issue';

/** What one end of a TLS connection holds, as PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
}

interface Authorities {
  readonly root: CertificateAuthority;
  readonly 'server-ca': CertificateAuthority;
  readonly 'device-ca': CertificateAuthority;
  readonly 'client-ca': CertificateAuthority;
}

const HOUR_MS = 3_600_000;

/** Certificates of one fleet, all in memory. */
export class TestFleet {
  readonly name: string;
  readonly authorities: Authorities;
  readonly tokenKey: KeyObject = newKey();

  private constructor(name: string, authorities: Authorities) {
    this.name = name;
    this.authorities = authorities;
  }

  static async make(name = 'home'): Promise<TestFleet> {
    const subject = (commonName: string) => ({ organization: name, commonName });
    const root = await issueRootCa({ key: newKey(), subject: subject('root'), validity: hours(2), pathLengthMax: 1 });
    const issuing = (commonName: string, devicesOf?: string): Promise<CertificateAuthority> =>
      issueIssuingCa({
        key: newKey(),
        subject: subject(commonName),
        validity: hours(2),
        issuer: root,
        ...(devicesOf !== undefined && { devicesOf }),
      });
    return new TestFleet(name, {
      root,
      'server-ca': await issuing('server CA'),
      'device-ca': await issuing('device CA', name),
      'client-ca': await issuing('client CA'),
    });
  }

  get anchors(): string {
    const { root, 'device-ca': device, 'client-ca': client } = this.authorities;
    return root.pem + device.pem + client.pem;
  }

  server(): Promise<TlsIdentity> {
    const key = newKey();
    const issuer = this.authorities['server-ca'];
    const names = ['localhost', '127.0.0.1'];
    const request = { issuer, subject: this.#subject('localhost'), publicKey: spki(key), validity: hours(1), names };
    return issued(key, issueServerCertificate(request));
  }

  /** A device is certified by the device CA, everybody else by the client CA, unless the test says otherwise. */
  client(
    role: string,
    id: string,
    {
      by = role === 'device' ? 'device-ca' : 'client-ca',
      validity = hours(1),
    }: { readonly by?: 'device-ca' | 'client-ca'; readonly validity?: Validity } = {},
  ): Promise<TlsIdentity> {
    const key = newKey();
    const identity = `urn:keystile:${this.name}:${role}:${id}`;
    const issuer = this.authorities[by];
    const request = { issuer, subject: this.#subject(id), publicKey: spki(key), validity, identity };
    return issued(key, issueClientCertificate(request));
  }

  /** A console token, good for five minutes unless the test says otherwise. */
  async token(
    claims: {
      readonly identity?: string;
      readonly fromMs?: number;
      readonly untilMs?: number;
      readonly key?: KeyObject;
    } = {},
  ): Promise<string> {
    const now = Date.now();
    const {
      identity = `urn:keystile:${this.name}:operator:console`,
      fromMs = now,
      untilMs = now + 300_000,
      key = this.tokenKey,
    } = claims;
    const content = { identity, issuedAtMs: fromMs, expiresAtMs: untilMs, nonce: new Uint8Array(16) };
    const token = await operatorToken.sign(content, (input) =>
      sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }),
    );
    return Buffer.from(token).toString('base64url');
  }

  #subject(commonName: string): { organization: string; commonName: string } {
    return { organization: this.name, commonName };
  }
}

export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

function spki(key: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }));
}

async function issued(key: KeyObject, certificate: Promise<{ readonly pem: string }>): Promise<TlsIdentity> {
  return { key: key.export({ format: 'pem', type: 'pkcs8' }).toString(), cert: (await certificate).pem };
}

function hours(count: number): Validity {
  return { fromMs: Date.now() - HOUR_MS, untilMs: Date.now() + count * HOUR_MS };
}
