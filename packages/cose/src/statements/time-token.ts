import { bytes, statementKind, text, uint } from '../statement.ts';

/** The time for one part that has asked for it: bound to its serial and its nonce. */
export const timeToken = statementKind('time-token', {
  serial: text(1, 64),
  nonce: bytes(2, 16, 32),
  /** Milliseconds since 1970, UTC. */
  utcMs: uint(3),
});

export type TimeToken = ReturnType<typeof timeToken.decode>;
