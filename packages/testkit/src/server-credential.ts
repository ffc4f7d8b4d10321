import 'reflect-metadata';
import { generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto';
import { type CertificateAuthority, issueIssuingCa, issueRootCa, issueServerCertificate } from '@keystile/pki/issue';
import * as x509 from '@peculiar/x509';

/** What a TLS server needs to say who it is; PEM, the certificate's issuer after it. */
export interface ServerCredential {
  readonly key: string;
  readonly cert: string;
}

export interface ServerRequest {
  readonly names: readonly [string, ...string[]];
  /** Milliseconds since 1970. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Default P-256. An RSA server is what an old broker still has. */
  readonly keyType?: 'P-256' | 'RSA';
  /** Promises a stapled OCSP answer (RFC 7633). */
  readonly mustStaple?: boolean;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export async function issueServerCredential(
  issuer: CertificateAuthority,
  request: ServerRequest,
): Promise<ServerCredential> {
  if (request.keyType === 'RSA' || request.mustStaple === true) return issueUncommonServer(issuer, request);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { names, fromMs, untilMs } = request;
  const issued = await issueServerCertificate({
    issuer,
    subject: { organization: 'testkit', commonName: names[0] },
    publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
    validity: { fromMs, untilMs },
    names,
  });
  return { key: pemOf(privateKey), cert: issued.pem };
}

/** A server CA under a root that no part was told of. */
export async function strangerAuthority(nowMs: number): Promise<CertificateAuthority> {
  const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const validity = { fromMs: nowMs - HOUR_MS, untilMs: nowMs + DAY_MS };
  const root = await issueRootCa({
    key: newKey(),
    subject: { organization: 'stranger', commonName: 'Stranger root' },
    validity,
    pathLengthMax: 1,
  });
  const subject = { organization: 'stranger', commonName: 'Stranger server CA' };
  return issueIssuingCa({ key: newKey(), subject, validity, issuer: root });
}

/** The product issues no RSA certificate and none that promises a staple, so the library is asked directly. */
async function issueUncommonServer(
  issuer: CertificateAuthority,
  { names, fromMs, untilMs, keyType, mustStaple }: ServerRequest,
): Promise<ServerCredential> {
  const isRsa = keyType === 'RSA';
  const { privateKey, publicKey } = isRsa
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const es256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const own = isRsa ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } : es256;
  const issuerCertificate = new x509.X509Certificate(issuer.der);
  const signingKey = issuer.key.export({ format: 'der', type: 'pkcs8' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '4a',
    subject: [{ CN: [names[0]] }],
    issuer: issuerCertificate.subjectName.toJSON(),
    notBefore: new Date(fromMs),
    notAfter: new Date(untilMs),
    signingKey: await webcrypto.subtle.importKey('pkcs8', new Uint8Array(signingKey), es256, false, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', new Uint8Array(spki), own, true, ['verify']),
    signingAlgorithm: es256,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value }))),
      await x509.AuthorityKeyIdentifierExtension.create(issuerCertificate.publicKey),
      ...(mustStaple === true ? [new x509.Extension(TLS_FEATURE, false, STATUS_REQUEST)] : []),
    ],
  });
  return { key: pemOf(privateKey), cert: `${certificate.toString('pem')}\n${issuer.pem}` };
}

const TLS_FEATURE = '1.3.6.1.5.5.7.1.24';
/** Features, DER: a sequence of the one integer 5, status_request. */
const STATUS_REQUEST = Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x05);

function pemOf(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}
