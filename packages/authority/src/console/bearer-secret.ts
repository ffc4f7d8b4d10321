import { createHash, randomBytes } from 'node:crypto';

/**
 * Secrets that whoever holds them may use: the one-time link and the session cookie. 256 random bits, as base64url.
 *
 * The authority keeps only the SHA-256 digest and looks that up, so that neither a heap dump nor the time of a
 * comparison gives a secret away: a digest of something guessed says nothing about another digest.
 */
const SECRET_BYTES = 32;
const SECRET_FORM = /^[A-Za-z0-9_-]{43}$/;

export function newBearerSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** The digest under which a secret is filed; `undefined` for text that is no such secret. */
export function bearerDigest(secret: string): string | undefined {
  if (!SECRET_FORM.test(secret)) return undefined;
  return createHash('sha256').update(secret).digest('base64url');
}
