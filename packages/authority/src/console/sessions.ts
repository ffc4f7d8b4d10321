import { type Clock, HOUR_MS, MINUTE_MS } from '../state/clock.ts';
import { bearerDigest, newBearerSecret } from './bearer-secret.ts';

/** A working day; after it the operator signs in again. */
export const SESSION_LIFE_MS: number = 12 * HOUR_MS;
/** An open page calls home every few minutes, so that only a closed or hidden one goes idle. */
export const SESSION_IDLE_MS: number = 30 * MINUTE_MS;
/** Browsers signed in at once; a new one pushes the oldest out. */
const SESSIONS_MAX = 32;

export interface Session {
  /** The id part of `urn:keystile:<fleet>:operator:<id>`. */
  readonly operator: string;
  readonly expiresAtMs: number;
}

interface LiveSession extends Session {
  usedAtMs: number;
}

/** Signed-in browsers, by the digest of their cookie. In memory only: a restart signs everyone out. */
export class Sessions {
  readonly #now: Clock;
  readonly #live = new Map<string, LiveSession>();

  constructor(now: Clock) {
    this.#now = now;
  }

  /** Returns the value of the cookie; it is kept nowhere else. */
  open(operator: string): string {
    const secret = newBearerSecret();
    const digest = bearerDigest(secret);
    if (digest === undefined) throw new TypeError('a new secret has the form of a secret');
    const now = this.#now();
    this.#live.set(digest, { operator, expiresAtMs: now + SESSION_LIFE_MS, usedAtMs: now });
    for (const oldest of this.#live.keys()) {
      if (this.#live.size <= SESSIONS_MAX) break;
      this.#live.delete(oldest);
    }
    return secret;
  }

  /** The session of a cookie, which counts as use; `undefined` when there is none or it has ended. */
  use(secret: string | undefined): Session | undefined {
    const digest = secret === undefined ? undefined : bearerDigest(secret);
    const session = digest === undefined ? undefined : this.#live.get(digest);
    if (digest === undefined || session === undefined) return undefined;
    const now = this.#now();
    if (now >= session.expiresAtMs || now - session.usedAtMs >= SESSION_IDLE_MS) {
      this.#live.delete(digest);
      return undefined;
    }
    session.usedAtMs = now;
    return session;
  }

  close(secret: string | undefined): void {
    const digest = secret === undefined ? undefined : bearerDigest(secret);
    if (digest !== undefined) this.#live.delete(digest);
  }
}
