import 'reflect-metadata';
import { generateKeyPairSync, type KeyObject, randomBytes, webcrypto } from 'node:crypto';
import type { CertificateAuthority } from '@keystile/pki/issue';
import * as x509 from '@peculiar/x509';

/** What a client's certificate says, where the product would never issue it. */
export interface OddNames {
  /** Subject alternative names; the extension is left out when there are none. */
  readonly names: x509.JsonGeneralNames;
  readonly commonName?: string;
  /** Default `client`. */
  readonly purpose?: 'client' | 'server';
}

const es256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const purposes = { client: '1.3.6.1.5.5.7.3.2', server: '1.3.6.1.5.5.7.3.1' } as const;
const HOUR_MS = 3_600_000;
const SERIAL_LENGTH = 15;

/** Key and certificate, PEM, really signed by the CA and good for an hour; the names are whatever the test says. */
export async function issueOddClient(
  issuer: CertificateAuthority,
  { names, commonName = 'odd', purpose = 'client' }: OddNames,
): Promise<{ readonly key: string; readonly cert: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const authority = new x509.X509Certificate(issuer.der);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `40${randomBytes(SERIAL_LENGTH).toString('hex')}`,
    // The CA may issue for its own organisation only.
    subject: [{ O: authority.subjectName.getField('O') }, { CN: [commonName] }],
    issuer: authority.subjectName.toJSON(),
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + HOUR_MS),
    signingKey: await importPrivate(issuer.key),
    publicKey: await importPublic(publicKey),
    signingAlgorithm: es256,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([purposes[purpose]]),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { key, cert: `${certificate.toString('pem')}\n${issuer.pem}` };
}

function importPrivate(key: KeyObject): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', key.export({ format: 'der', type: 'pkcs8' }), es256, false, ['sign']);
}

function importPublic(key: KeyObject): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('spki', key.export({ format: 'der', type: 'spki' }), es256, true, ['verify']);
}
