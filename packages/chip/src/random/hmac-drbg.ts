import { createHmac } from 'node:crypto';
import { concatBytes } from '@keystile/bytes';

/**
 * HMAC_DRBG with SHA-256, SP 800-90A §10.1.2: 256 bits of strength. After each answer key and value are replaced, so
 * that whoever reads them later cannot compute what was given out before.
 *
 * It draws nothing itself: where entropy comes from and when, the caller decides. It takes no additional input.
 */
const OUTPUT_LENGTH = 32;
/** Of one request, §10.1 table 2: 2^19 bits. */
export const DRBG_REQUEST_MAX: number = 2 ** 16;

export class HmacDrbg {
  #key: Uint8Array = new Uint8Array(OUTPUT_LENGTH);
  #value: Uint8Array = new Uint8Array(OUTPUT_LENGTH).fill(1);

  /** §10.1.2.3. `seed`: entropy input, nonce and personalization string, one after the other. */
  constructor(seed: Uint8Array) {
    this.#update(seed);
  }

  /** §10.1.2.4. */
  reseed(entropy: Uint8Array): void {
    this.#update(entropy);
  }

  /** §10.1.2.5. The bytes are the caller's. */
  generate(length: number): Uint8Array {
    if (!Number.isInteger(length) || length < 0 || length > DRBG_REQUEST_MAX) {
      throw new RangeError(`${length} random bytes in one request`);
    }
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += OUTPUT_LENGTH) {
      this.#nextValue();
      bytes.set(this.#value.subarray(0, length - at), at);
    }
    this.#update(undefined);
    return bytes;
  }

  /** §10.1.2.2. */
  #update(provided: Uint8Array | undefined): void {
    for (const round of provided === undefined ? [0] : [0, 1]) {
      const input = concatBytes(this.#value, Uint8Array.of(round), provided ?? new Uint8Array(0));
      const key = createHmac('sha256', this.#key).update(input).digest();
      input.fill(0);
      this.#key.fill(0);
      this.#key = key;
      this.#nextValue();
    }
  }

  #nextValue(): void {
    const next = createHmac('sha256', this.#key).update(this.#value).digest();
    this.#value.fill(0);
    this.#value = next;
  }
}
