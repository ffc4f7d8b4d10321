import type { TLSSocket } from 'node:tls';
import { KeystileError } from '@keystile/errors';
import { type Certificate, parseCertificate, subjectUris } from '@keystile/pki/path';
import { identityOfCertificate } from '../../admission/certificate.ts';
import type { Credentials } from '../../admission/revocations.ts';
import { isRefusal, type Refusal, refuse } from '../../refusal.ts';
import type { Issuers } from './issuers.ts';

/**
 * Who a TLS client is, by the certificate that OpenSSL verified.
 *
 * `authorized` alone proves nothing: with optional client certificates, a resumed connection whose client never showed
 * one counts as authorized. So the certificate itself must be there, on resumed connections too.
 */
export function credentialsOf(socket: TLSSocket, issuers: Issuers): Credentials | Refusal {
  const presented = socket.getPeerX509Certificate();
  if (presented === undefined) return refuse('KS-B200', 'the client presented no certificate');
  if (!socket.authorized) {
    return refuse('KS-B200', `the certificate of the client does not verify: ${socket.authorizationError}`);
  }
  const certificate = parsed(presented.raw);
  if ('code' in certificate) return certificate;
  if (certificate.notAfterMs >= NO_EXPIRY_MS) {
    return refuse('KS-B210', `the certificate of '${certificate.subject.text}' has no end of life, as an IDevID has`);
  }
  const identity = identityOfCertificate({
    uris: subjectUris(certificate),
    serial: certificate.serialNumber,
    subject: certificate.subject.text,
    grant: issuers.grantOf(presented),
  });
  return isRefusal(identity) ? identity : { identity, serial: certificate.serialNumber };
}

/** 99991231235959Z, "no well-defined expiration date" (RFC 5280 §4.1.2.5): what IEEE 802.1AR gives an IDevID. */
const NO_EXPIRY_MS: number = Date.parse('9999-12-31T23:59:59Z');

/** OpenSSL is more lenient than the profile; what the profile does not know has no identity. */
function parsed(der: Uint8Array): Certificate | Refusal {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (!(error instanceof KeystileError)) throw error;
    return refuse('KS-B201', `the client's certificate: ${error.message}`);
  }
}
