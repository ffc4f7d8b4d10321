import type { Limits } from '../limits.ts';
import { TokenBucket } from '../token-bucket.ts';

/** How fast one client publishes, in packets and in bytes. A second's worth may come at once. */
export class PublishRate {
  readonly #packets: TokenBucket;
  readonly #bytes: TokenBucket;

  private constructor({ publishesPerSecondMax, publishBytesPerSecondMax }: Limits) {
    this.#packets = bucket(publishesPerSecondMax);
    this.#bytes = bucket(publishBytesPerSecondMax);
  }

  /** Undefined when neither is bounded: then a publish costs nothing here. */
  static of(limits: Limits): PublishRate | undefined {
    const isBounded = Number.isFinite(limits.publishesPerSecondMax) || Number.isFinite(limits.publishBytesPerSecondMax);
    return isBounded ? new PublishRate(limits) : undefined;
  }

  take(bytes: number, nowMs: number): void {
    this.#packets.take(1, nowMs);
    this.#bytes.take(bytes, nowMs);
  }

  /** Milliseconds until the client is within its rate again; 0 when it is. */
  restMs(nowMs: number): number {
    return Math.max(this.#packets.debtMs(nowMs), this.#bytes.debtMs(nowMs));
  }
}

/** What is not bounded is a number that nobody reaches: infinity times no time would be no number. */
function bucket(perSecond: number): TokenBucket {
  const rate = Number.isFinite(perSecond) ? perSecond : Number.MAX_SAFE_INTEGER;
  return new TokenBucket(rate, rate);
}
