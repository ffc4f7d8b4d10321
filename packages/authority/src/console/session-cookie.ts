import { SESSION_LIFE_MS } from './sessions.ts';

/**
 * The one cookie. The prefix `__Host-` makes the browser insist on Secure, Path=/ and no Domain (RFC 6265bis
 * §4.1.3.2); HttpOnly keeps it from scripts, SameSite=Strict from every request that another site starts.
 */
const COOKIE_NAME = '__Host-keystile';
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';

export function sessionCookie(secret: string): string {
  return `${COOKIE_NAME}=${secret}; ${ATTRIBUTES}; Max-Age=${SESSION_LIFE_MS / 1000}`;
}

export function endedSessionCookie(): string {
  return `${COOKIE_NAME}=; ${ATTRIBUTES}; Max-Age=0`;
}

/** The value of our cookie in a Cookie header; `undefined` also when it is there twice, since one is then forged. */
export function readSessionCookie(header: string | undefined): string | undefined {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${COOKIE_NAME}=`))
    .map((pair) => pair.slice(COOKIE_NAME.length + 1));
  return values.length === 1 ? values[0] : undefined;
}
