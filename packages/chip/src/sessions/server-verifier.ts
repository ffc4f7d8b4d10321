import { equalPublicBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import type { Policy } from '@keystile/link';
import {
  parseCertificate,
  type RevocationPolicy,
  type TrustAnchor,
  type ValidatedPath,
  validateServerPath,
} from '@keystile/pki/path';
import type { CertificateVerifier } from '@keystile/tls';
import type { RevocationLists } from './revocation-lists.ts';

/** What the verifier may know of the time. */
export interface VerifierTime {
  /** The least that the time can be. */
  readonly nowMs: number;
  /** How far a certificate that is dated ahead may move it. */
  readonly certificateLimitMs: number;
  /** Whether it is known, and not only a lower bound, after a token of at most this many powered hours ago. */
  isFresh(ageHoursMax: number): boolean;
}

export interface ServerVerifierOptions {
  readonly policy: Policy;
  readonly anchors: readonly TrustAnchor[];
  readonly time: VerifierTime;
  /** What the host has brought of revocation lists. */
  readonly lists: RevocationLists;
  /** The path is valid, and only at this later time: time has passed that the part did not know of. */
  readonly onLaterTime: (provenMs: number) => void;
  /** Each signature of a certificate, a list or a staple that is checked. */
  readonly onSignature?: () => void;
}

/**
 * Judges a server's chain for one session: the policy's own anchors, the name that was dialled, the part's time, and
 * what the policy asks of revocation. Staple and lists can only make it refuse: that a rule is met, their issuers say.
 */
export function serverVerifier(options: ServerVerifierOptions): CertificateVerifier {
  const { policy, time } = options;
  const anchors = options.anchors.filter(({ digest }) =>
    policy.anchorDigests.some((each) => equalPublicBytes(each, digest)),
  );
  const counting = options.onSignature && { onSignature: options.onSignature };
  return {
    verify: ({ chain, serverName, stapledOcsp }) => {
      const { nowMs, certificateLimitMs } = time;
      const lists = options.lists.take();
      const validateAt = (atMs: number): ValidatedPath => {
        // A certificate from later than the part knows of shows that its time was no more than a lower bound.
        const timeIsFresh = atMs === nowMs && time.isFresh(policy.revocationAgeHoursMax);
        const revocation = {
          policy: revocationPolicyOf(policy),
          lists,
          ...(stapledOcsp && { stapledOcsp }),
          timeIsFresh,
        };
        return validateServerPath({ chain, anchors, serverName, atMs, revocation, ...counting });
      };
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

function revocationPolicyOf({ revocationRule, revocationAgeHoursMax }: Policy): RevocationPolicy {
  return { rule: revocationRule, ageMaxMs: revocationAgeHoursMax * HOUR_MS };
}

const HOUR_MS = 3_600_000;

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
