import { createPublicKey, type KeyObject, randomBytes, webcrypto } from 'node:crypto';
import type { CertificateAuthority, SubjectName, Validity } from './certificate-authority.ts';
import {
  AuthorityKeyIdentifierExtension,
  type Extension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from './x509-library.ts';

/** The one place that calls the library to make a certificate: ECDSA P-256 with SHA-256, identifiers always. */
export interface CertificateContent {
  readonly subject: SubjectName;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly validity: Validity;
  readonly extensions: readonly Extension[];
  /** The CA that signs; for a self-signed certificate the key of the certificate itself. */
  readonly issuer: CertificateAuthority | { readonly selfSignedWith: KeyObject };
}

const es256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** 126 random bits, positive and of constant length (RFC 5280 §4.1.2.2 allows 20 bytes). */
const SERIAL_LENGTH = 16;

export async function generateCertificate(content: CertificateContent): Promise<X509Certificate> {
  const selfSigned = 'selfSignedWith' in content.issuer;
  const signer = 'selfSignedWith' in content.issuer ? content.issuer.selfSignedWith : content.issuer.key;
  const subject = [{ O: [content.subject.organization] }, { CN: [content.subject.commonName] }];
  const issuer = 'der' in content.issuer ? new X509Certificate(content.issuer.der).subjectName.toJSON() : subject;
  const publicKey = await importPublic(content.publicKey);
  const identifiers: Extension[] = [await SubjectKeyIdentifierExtension.create(publicKey)];
  if (!selfSigned)
    identifiers.push(await AuthorityKeyIdentifierExtension.create(await importPublic(publicHalf(signer))));
  return await X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject,
    issuer,
    notBefore: wholeSeconds(content.validity.fromMs),
    notAfter: wholeSeconds(content.validity.untilMs),
    signingKey: await importPrivate(signer),
    publicKey,
    signingAlgorithm: es256,
    extensions: [...content.extensions, ...identifiers],
  });
}

export function derOf(certificate: X509Certificate): Uint8Array {
  return new Uint8Array(certificate.rawData);
}

/** The library's PEM lacks the final newline that concatenation needs. */
export function pemOf(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

/** SubjectPublicKeyInfo, DER, of a private or public key. */
export function publicHalf(key: KeyObject): Uint8Array {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  return new Uint8Array(half.export({ format: 'der', type: 'spki' }));
}

function newSerialNumber(): string {
  const bytes = randomBytes(SERIAL_LENGTH);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function wholeSeconds(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000);
}

function importPublic(spki: Uint8Array): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('spki', new Uint8Array(spki), es256, true, ['verify']);
}

function importPrivate(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' });
  return webcrypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), es256, false, ['sign']);
}
