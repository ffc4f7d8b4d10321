import { bytes, statementKind, text } from '../statement.ts';

/** The factory line's order to lock a part, over everything that was written to it. */
export const lockOrder = statementKind('lock-order', {
  serial: text(1, 64),
  lineNonce: bytes(2, 32),
  /** SHA-256 over the written objects. */
  contentsDigest: bytes(3, 32),
});

export type LockOrder = ReturnType<typeof lockOrder.decode>;
