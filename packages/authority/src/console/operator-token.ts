import { type KeyObject, randomBytes } from 'node:crypto';
import { operatorToken } from '@keystile/cose';
import { type Clock, MINUTE_MS } from '../state/clock.ts';
import { identityUri } from '../state/names.ts';
import { es256Signer } from '../state/signer.ts';

/** Long enough to open a connection with, short enough that a leaked one is soon worthless. */
export const TOKEN_LIFE_MS: number = 5 * MINUTE_MS;

export interface TokenIssuer {
  readonly fleet: string;
  readonly tokenKey: KeyObject;
  readonly now: Clock;
}

/** A token for the broker's WebSocket listener, as base64url, bound to `urn:keystile:<fleet>:operator:<operator>`. */
export async function signOperatorToken(
  { fleet, tokenKey, now }: TokenIssuer,
  operator: string,
): Promise<{ readonly token: string; readonly expiresAtMs: number }> {
  const issuedAtMs = now();
  const expiresAtMs = issuedAtMs + TOKEN_LIFE_MS;
  const claims = {
    identity: identityUri(fleet, 'operator', operator),
    issuedAtMs,
    expiresAtMs,
    nonce: new Uint8Array(randomBytes(16)),
  };
  const token = await operatorToken.sign(claims, es256Signer(tokenKey));
  return { token: Buffer.from(token).toString('base64url'), expiresAtMs };
}
