import { type TimingProfile, timingProfiles } from '@keystile/chip/node';

/** Signatures of a server that a part verifies in a handshake. */
const verifications = {
  /** Since power on: two of its path, and its own. */
  first: 3,
  /** The path was verified before. */
  later: 1,
} as const;

export type HandshakeKind = keyof typeof verifications;

/** What a part of this pace takes for its cryptography, by its maker's figures: a key pair, a shared secret, one signature. */
export function cryptographyMs(profile: TimingProfile, handshake: HandshakeKind): number {
  const { generate, ecdh, sign, verify } = timingProfiles[profile];
  return generate + ecdh + sign + verifications[handshake] * verify;
}
