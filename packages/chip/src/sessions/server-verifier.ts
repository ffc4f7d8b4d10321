import { equalPublicBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import type { Policy } from '@keystile/link';
import { parseCertificate, type TrustAnchor, type ValidatedPath, validateServerPath } from '@keystile/pki/path';
import type { CertificateVerifier } from '@keystile/tls';

/** What the verifier may know of the time. */
export interface VerifierTime {
  /** The least that the time can be. */
  readonly nowMs: number;
  /** How far a certificate that is dated ahead may move it. */
  readonly certificateLimitMs: number;
}

export interface ServerVerifierOptions {
  readonly policy: Policy;
  readonly anchors: readonly TrustAnchor[];
  readonly time: VerifierTime;
  /** The path is valid, and only at this later time: time has passed that the part did not know of. */
  readonly onLaterTime: (provenMs: number) => void;
}

/** Judges a server's chain for one session: the policy's own anchors, the name that was dialled, the part's time. */
export function serverVerifier(options: ServerVerifierOptions): CertificateVerifier {
  const { policy, time } = options;
  const anchors = options.anchors.filter(({ digest }) =>
    policy.anchorDigests.some((each) => equalPublicBytes(each, digest)),
  );
  return {
    verify: ({ chain, serverName }) => {
      const validateAt = (atMs: number): ValidatedPath => validateServerPath({ chain, anchors, serverName, atMs });
      const { nowMs, certificateLimitMs } = time;
      try {
        return validateAt(nowMs);
      } catch (error) {
        if (!isNotYetValid(error)) throw error;
        for (const laterMs of beginnings(chain)) {
          if (laterMs <= nowMs || laterMs > certificateLimitMs) continue;
          const path = validPath(() => validateAt(laterMs));
          if (path === undefined) continue;
          options.onLaterTime(laterMs);
          return path;
        }
        throw error;
      }
    },
  };
}

/**
 * The part's time is a lower bound, so "not valid yet" may only mean that the part lay without power when the
 * certificate was issued. A trusted CA's word for the date counts, within limits that the caller states.
 */
function isNotYetValid(error: unknown): boolean {
  return error instanceof KeystileError && error.code === 'KS-P103';
}

/**
 * When the certificates of a list begin, the earliest first. The first of them at which a path is valid is when the
 * last certificate *of that path* begins: one that a server adds to its list without use moves nothing.
 */
function beginnings(chain: readonly Uint8Array[]): readonly number[] {
  return [...new Set(chain.map((der) => parseCertificate(der).notBeforeMs))].toSorted((a, b) => a - b);
}

function validPath(validate: () => ValidatedPath): ValidatedPath | undefined {
  try {
    return validate();
  } catch (error) {
    if (isNotYetValid(error)) return undefined;
    throw error;
  }
}
