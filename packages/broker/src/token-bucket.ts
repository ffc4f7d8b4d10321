/**
 * Tokens that come at a steady rate, up to what the bucket holds. What is taken may put it into debt, so that something
 * larger than the bucket can pass too: it is paid back before anything else.
 */
export class TokenBucket {
  readonly #perMs: number;
  readonly #size: number;
  #tokens: number;
  #countedAtMs: number | undefined;

  constructor(perSecond: number, size: number) {
    this.#perMs = perSecond / 1000;
    this.#size = size;
    this.#tokens = size;
  }

  take(count: number, nowMs: number): void {
    this.#count(nowMs);
    this.#tokens -= count;
  }

  /** Whole milliseconds until nothing is owed; 0 when nothing is. */
  debtMs(nowMs: number): number {
    this.#count(nowMs);
    return this.#tokens >= 0 ? 0 : Math.ceil(-this.#tokens / this.#perMs);
  }

  /** Whole tokens that are there. */
  available(nowMs: number): number {
    this.#count(nowMs);
    return Math.max(0, Math.floor(this.#tokens));
  }

  #count(nowMs: number): void {
    const passedMs = nowMs - (this.#countedAtMs ?? nowMs);
    this.#countedAtMs = nowMs;
    this.#tokens = Math.min(this.#size, this.#tokens + passedMs * this.#perMs);
  }
}
