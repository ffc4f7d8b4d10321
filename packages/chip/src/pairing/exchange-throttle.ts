import { KeystileError } from '@keystile/errors';
import type { LinkPairing } from '@keystile/link';
import type { PoweredClock } from '../ports.ts';

/**
 * How often pairing exchanges may be begun and not finished. Anyone on the bus can begin one who has read the host's
 * public key there, and each costs the part four agreements.
 *
 * Every link has an allowance of its own, and a finished exchange restores it: a flood on one takes nothing from the host on
 * another, nor from a channel that is open. Who floods the link of the host itself could as well spoil each of its frames.
 */
const EXCHANGES_AT_ONCE = 8;
/** Powered time that allows one more. */
const EXCHANGE_MS = 1000;

interface Allowance {
  readonly left: number;
  readonly atMs: number;
}

export class ExchangeThrottle {
  readonly #poweredMs: PoweredClock;
  /** Links that have begun an exchange since they last finished one. */
  readonly #allowances = new WeakMap<LinkPairing, Allowance>();

  constructor(poweredMs: PoweredClock) {
    this.#poweredMs = poweredMs;
  }

  /** An exchange is to begin. Throws `KS-C252`. */
  begin(link: LinkPairing): void {
    const waitSeconds = this.waitSeconds(link);
    if (waitSeconds > 0) {
      throw new KeystileError(
        'KS-C252',
        `${EXCHANGES_AT_ONCE} exchanges were not finished; the next in ${waitSeconds} powered seconds`,
      );
    }
    this.#allowances.set(link, { left: this.#left(link) - 1, atMs: this.#poweredMs() });
  }

  finished(link: LinkPairing): void {
    this.#allowances.delete(link);
  }

  /** Powered seconds until an exchange may begin on the link; 0 when it may now. */
  waitSeconds(link: LinkPairing): number {
    const left = this.#left(link);
    return left >= 1 ? 0 : Math.ceil(((1 - left) * EXCHANGE_MS) / 1000);
  }

  #left(link: LinkPairing): number {
    const allowance = this.#allowances.get(link);
    if (allowance === undefined) return EXCHANGES_AT_ONCE;
    return Math.min(EXCHANGES_AT_ONCE, allowance.left + (this.#poweredMs() - allowance.atMs) / EXCHANGE_MS);
  }
}
