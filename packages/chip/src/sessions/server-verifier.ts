import { equalPublicBytes } from '@keystile/bytes';
import type { Policy } from '@keystile/link';
import { type TrustAnchor, validateServerPath } from '@keystile/pki/path';
import type { CertificateVerifier } from '@keystile/tls';
import { type PathTime, validateInTime } from '../time/path-time.ts';

export interface ServerVerifierOptions {
  readonly policy: Policy;
  readonly anchors: readonly TrustAnchor[];
  readonly time: PathTime;
  /** The path is valid, and only at this later time: time has passed that the part did not know of. */
  readonly onLaterTime: (provenMs: number) => void;
}

/** Judges a server's chain for one session: the policy's own anchors, the name that was dialled, the part's time. */
export function serverVerifier(options: ServerVerifierOptions): CertificateVerifier {
  const { policy, time, onLaterTime } = options;
  const anchors = options.anchors.filter(({ digest }) =>
    policy.anchorDigests.some((each) => equalPublicBytes(each, digest)),
  );
  return {
    verify: ({ chain, serverName }) => {
      const { path, laterMs } = validateInTime(chain, time, (atMs) =>
        validateServerPath({ chain, anchors, serverName, atMs }),
      );
      if (laterMs !== undefined) onLaterTime(laterMs);
      return path;
    },
  };
}
