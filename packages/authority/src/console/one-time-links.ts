import { type Clock, MINUTE_MS } from '../state/clock.ts';
import { bearerDigest, newBearerSecret } from './bearer-secret.ts';

/** Time to copy a link from the terminal into a browser on another desk. */
export const LINK_LIFE_MS: number = 10 * MINUTE_MS;
/** Unspent links at once; a new one pushes the oldest out. */
const LINKS_MAX = 8;

export interface OneTimeLink {
  readonly secret: string;
  readonly expiresAtMs: number;
}

/** Links that sign one browser in, once. In memory only: a restart makes every unspent link worthless. */
export class OneTimeLinks {
  readonly #now: Clock;
  readonly #expiries = new Map<string, number>();

  constructor(now: Clock) {
    this.#now = now;
  }

  create(): OneTimeLink {
    const secret = newBearerSecret();
    const digest = bearerDigest(secret);
    if (digest === undefined) throw new TypeError('a new secret has the form of a secret');
    const expiresAtMs = this.#now() + LINK_LIFE_MS;
    this.#expiries.set(digest, expiresAtMs);
    for (const oldest of this.#expiries.keys()) {
      if (this.#expiries.size <= LINKS_MAX) break;
      this.#expiries.delete(oldest);
    }
    return { secret, expiresAtMs };
  }

  /** True once for each link, and not after its ten minutes. */
  redeem(secret: string): boolean {
    const digest = bearerDigest(secret);
    if (digest === undefined) return false;
    const expiresAtMs = this.#expiries.get(digest);
    this.#expiries.delete(digest);
    return expiresAtMs !== undefined && this.#now() < expiresAtMs;
  }
}
