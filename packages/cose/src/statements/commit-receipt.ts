import { bytes, statementKind, text } from '../statement.ts';

/** The authority's word that it has seen the proof of a staged change, signed by its receipt key: the part commits. */
export const commitReceipt = statementKind('commit-receipt', {
  serial: text(1, 64),
  /** SHA-256 over the administrator's command, as it was signed. */
  commandDigest: bytes(2, 32),
  /** SHA-256 over the payload of the part's administration response that says `proved`. */
  proofDigest: bytes(3, 32),
});

export type CommitReceipt = ReturnType<typeof commitReceipt.decode>;
