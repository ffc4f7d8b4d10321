import { bytes, statementKind, text } from '../statement.ts';

/** What a part says when it has locked itself, signed by its attestation key. */
export const lockEvidence = statementKind('lock-evidence', {
  serial: text(1, 64),
  lineNonce: bytes(2, 32),
  /** SHA-256 over the written objects. */
  contentsDigest: bytes(3, 32),
});

export type LockEvidence = ReturnType<typeof lockEvidence.decode>;
