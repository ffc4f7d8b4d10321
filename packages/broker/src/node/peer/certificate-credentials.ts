import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { KeystileError } from '@keystile/errors';
import { type Certificate, parseCertificate, subjectUris } from '@keystile/pki/path';
import { identityOfCertificate } from '../../admission/certificate.ts';
import type { Credentials } from '../../admission/revocations.ts';
import { isRefusal, type Refusal, refuse } from '../../refusal.ts';
import type { Issuers } from './issuers.ts';

export interface Certified {
  readonly credentials: Credentials;
  /** Milliseconds that the certificate is still good for. */
  readonly validForMs: number;
}

/**
 * Who a TLS client is, by the certificate that OpenSSL verified. Node would end a connection whose certificate does not
 * verify without a word about it; so it lets them through to here, where the cause can be told.
 *
 * `authorized` alone proves nothing: with optional client certificates, a resumed connection whose client never showed
 * one counts as authorized. So the certificate itself must be there, on resumed connections too; and its end of life is
 * looked at again, since a resumed session was verified when it began.
 */
export function certified(socket: TLSSocket, issuers: Issuers, utcNowMs: number): Certified | Refusal {
  const presented = socket.getPeerX509Certificate();
  if (presented === undefined) return refuse('KS-B200', 'the client presented no certificate');
  if (!socket.authorized) {
    const names = `'${subjectOf(presented)}', issued by '${oneLine(presented.issuer)}',`;
    return refuse('KS-B343', `the certificate of ${names} does not verify: ${socket.authorizationError}`);
  }
  const certificate = parsed(presented.raw);
  if ('code' in certificate) return certificate;
  const { subject, serialNumber: serial, notAfterMs } = certificate;
  if (notAfterMs >= NO_EXPIRY_MS) {
    return refuse('KS-B210', `the certificate of '${subject.text}' has no end of life, as an IDevID has`);
  }
  const validForMs = notAfterMs + LAST_SECOND_MS - utcNowMs;
  if (validForMs <= 0) return refuse('KS-B340', `the certificate of '${subject.text}' has expired`);
  const issuer = issuers.issuerOf(presented);
  const facts = { uris: subjectUris(certificate), serial, subject: subject.text, grant: issuer?.grant };
  const identity = identityOfCertificate(facts);
  if (isRefusal(identity)) return identity;
  return { credentials: { identity, serial, ...(issuer && { issuer: issuer.key }) }, validForMs };
}

/** Whose certificate it is, for the log: of a certificate that proves nothing too. */
export function subjectOf(presented: X509Certificate): string {
  return oneLine(presented.subject);
}

/** 99991231235959Z, "no well-defined expiration date" (RFC 5280 §4.1.2.5): what IEEE 802.1AR gives an IDevID. */
const NO_EXPIRY_MS: number = Date.parse('9999-12-31T23:59:59Z');
/** A certificate is good to the end of the second that it names. */
const LAST_SECOND_MS = 1000;

/** OpenSSL is more lenient than the profile; what the profile does not know has no identity. */
function parsed(der: Uint8Array): Certificate | Refusal {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (!(error instanceof KeystileError)) throw error;
    return refuse('KS-B201', `the client's certificate: ${error.message}`);
  }
}

/** A hostile name must not write into the log or a terminal. */
function oneLine(name: string): string {
  return name
    .replaceAll('\n', ', ')
    .slice(0, 200)
    .replace(/[^\x20-\x7e]/g, '?');
}
