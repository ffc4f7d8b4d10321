import { createHash } from 'node:crypto';
import { type Certificate, parseCertificate } from './certificate.ts';

/** A root that is trusted: not by its signature, which nobody checks, but because it lies in the trust store. */
export interface TrustAnchor {
  readonly certificate: Certificate;
  /** SHA-256 over the certificate. */
  readonly digest: Uint8Array;
}

/** Throws `KS-P100`. */
export function parseTrustAnchor(der: Uint8Array): TrustAnchor {
  return { certificate: parseCertificate(der), digest: certificateDigest(der) };
}

/** SHA-256 over a certificate's DER. */
export function certificateDigest(der: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(der).digest());
}
