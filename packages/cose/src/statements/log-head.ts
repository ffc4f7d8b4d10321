import { bytes, statementKind, text, uint } from '../statement.ts';

/** What a part says of the end of one segment of its log, signed by its attestation key. */
export const logHead = statementKind('log-head', {
  serial: text(1, 64),
  /** The reader's own: 16 to 32 bytes. */
  nonce: bytes(2, 16, 32),
  /** Of the part, at this moment: a tampered part signs nothing that does not say so. */
  lifeCycle: text(3, 32),
  segment: text(4, 32),
  /** Entries that the segment has had in its life. */
  count: uint(5),
  /** The hash chain behind the newest of them. */
  head: bytes(6, 32),
});

export type LogHead = ReturnType<typeof logHead.decode>;
