import { parseTrustAnchor, validateServerPath } from '@keystile/pki/path';
import type { CertificateVerifier } from '../client/verifier.ts';
import { type Certificates, certificatesOf } from './certificates.ts';

export interface PathVerifierOptions {
  /** The roots to trust; there is no default. */
  readonly ca: Certificates;
  /** Milliseconds since 1970; the system's clock when absent. */
  readonly nowMs?: () => number;
}

/** Path validation by RFC 5280 and the server's name by RFC 9525, with the roots given. Throws `KS-T131`, `KS-P100`. */
export function pathVerifier({ ca, nowMs = Date.now }: PathVerifierOptions): CertificateVerifier {
  const anchors = certificatesOf('ca', ca).map(parseTrustAnchor);
  return {
    verify: ({ chain, serverName }) => validateServerPath({ chain, anchors, serverName, atMs: nowMs() }),
  };
}
