import type { KeyObject } from 'node:crypto';
import { operatorToken } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import { parseIdentity } from '../../admission/identity.ts';
import type { Credentials } from '../../admission/revocations.ts';

/** The clocks of console and broker may differ by this much. */
const SKEW_MS = 60_000;
/** The console gives five minutes; whatever claims more was not made by it. */
const LIFE_MAX_MS = 10 * 60_000;
/** A token is about 200 bytes; nothing longer is read. */
const TOKEN_LENGTH_MAX = 1024;

/** Who a signed-in page is. Throws `KS-B122` with the reason. */
export function credentialsOfToken(token: string, tokenKey: KeyObject, nowMs: number): Credentials {
  if (token.length > TOKEN_LENGTH_MAX) throw new KeystileError('KS-B122', 'the token is too long');
  const { identity: urn, issuedAtMs, expiresAtMs } = verified(token, tokenKey);
  const identity = parseIdentity(urn);
  if (identity?.role !== 'operator') throw new KeystileError('KS-B122', 'the token is bound to no operator');
  if (expiresAtMs <= nowMs) throw new KeystileError('KS-B122', 'the token has expired');
  if (issuedAtMs > nowMs + SKEW_MS) throw new KeystileError('KS-B122', 'the token is from the future');
  if (expiresAtMs - issuedAtMs > LIFE_MAX_MS) throw new KeystileError('KS-B122', 'the token lives longer than any');
  return { identity, serial: undefined };
}

function verified(token: string, tokenKey: KeyObject): ReturnType<typeof operatorToken.decode> {
  try {
    return operatorToken.verify(new Uint8Array(Buffer.from(token, 'base64url')), tokenKey);
  } catch (cause) {
    if (!(cause instanceof KeystileError)) throw cause;
    throw new KeystileError('KS-B122', cause.message, { cause });
  }
}
