import { createHash } from 'node:crypto';
import { parseTrustAnchor, SeenCertificates, type TrustAnchor, validateServerPath } from '@keystile/pki/path';
import type { CertificateVerifier } from '../client/verifier.ts';
import { Remembered } from '../remembered.ts';
import { type Certificates, certificatesOf, textOf } from './certificates.ts';

export interface PathVerifierOptions {
  /** The roots to trust; there is no default. */
  readonly ca: Certificates;
  /** Milliseconds since 1970; the system's clock when absent. */
  readonly nowMs?: () => number;
}

/** Path validation by RFC 5280 and the server's name by RFC 9525, with the roots given. Throws `KS-T131`, `KS-P100`. */
export function pathVerifier({ ca, nowMs = Date.now }: PathVerifierOptions): CertificateVerifier {
  const { anchors, seen } = rootsOf(ca);
  return {
    verify: ({ chain, serverName }) => validateServerPath({ chain, anchors, serverName, atMs: nowMs(), seen }),
  };
}

export interface Roots {
  readonly anchors: readonly TrustAnchor[];
  /** SHA-256 over all of them. */
  readonly digest: Uint8Array;
  /** What servers showed. */
  readonly seen: SeenCertificates;
}

/** Throws `KS-T131`, `KS-P100`. */
export function rootsOf(ca: Certificates): Roots {
  return remembered.of(textOf(ca), () => {
    const certificates = certificatesOf('ca', ca);
    const hash = createHash('sha256');
    for (const certificate of certificates) hash.update(certificate);
    const anchors = certificates.map(parseTrustAnchor);
    return { anchors, digest: new Uint8Array(hash.digest()), seen: new SeenCertificates() };
  });
}

const remembered = new Remembered<Roots>();
