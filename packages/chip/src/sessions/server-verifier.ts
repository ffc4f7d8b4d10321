import { equalPublicBytes } from '@keystile/bytes';
import type { Policy } from '@keystile/link';
import {
  type RevocationPolicy,
  type SeenCertificates,
  type TrustAnchor,
  type ValidatedPath,
  validateServerPath,
} from '@keystile/pki/path';
import type { CertificateVerifier } from '@keystile/tls';
import { type PathTime, validateInTime } from '../time/path-time.ts';
import type { RevocationLists } from './revocation-lists.ts';

/** What the verifier may know of the time. */
interface VerifierTime extends PathTime {
  /** Whether it is known, and not only a lower bound, after a token of at most this many powered hours ago. */
  isFresh(ageHoursMax: number): boolean;
}

export interface ServerVerifierOptions {
  readonly policy: Policy;
  readonly anchors: readonly TrustAnchor[];
  readonly time: VerifierTime;
  /** What the host has brought of revocation lists. */
  readonly lists: RevocationLists;
  /** Of earlier sessions; each path is judged anew. */
  readonly seen?: SeenCertificates;
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
  const seen = options.seen && { seen: options.seen };
  return {
    verify: ({ chain, serverName, stapledOcsp }) => {
      const { nowMs } = time;
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
        return validateServerPath({ chain, anchors, serverName, atMs, revocation, ...seen, ...counting });
      };
      const { path, laterMs } = validateInTime(chain, time, validateAt);
      if (laterMs !== undefined) options.onLaterTime(laterMs);
      return path;
    },
  };
}

function revocationPolicyOf({ revocationRule, revocationAgeHoursMax }: Policy): RevocationPolicy {
  return { rule: revocationRule, ageMaxMs: revocationAgeHoursMax * HOUR_MS };
}

const HOUR_MS = 3_600_000;
