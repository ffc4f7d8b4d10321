import { bytes, statementKind, text, uint } from '../statement.ts';

/** What a signed-in page shows to the broker when it has no certificate: short-lived, bound to an operator. */
export const operatorToken = statementKind('operator-token', {
  /** `urn:keystile:<fleet>:operator:<id>` */
  identity: text(1, 200),
  issuedAtMs: uint(2),
  expiresAtMs: uint(3),
  nonce: bytes(4, 16),
});

export type OperatorToken = ReturnType<typeof operatorToken.decode>;
