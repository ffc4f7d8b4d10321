import { hash } from 'node:crypto';
import { concatBytes } from '@keystile/bytes';

/**
 * HMAC_DRBG with SHA-256, SP 800-90A §10.1.2: 256 bits of strength. After each answer key and value are replaced, so
 * that whoever reads them later cannot compute what was given out before.
 *
 * It draws nothing itself: where entropy comes from and when, the caller decides. It takes no additional input. HMAC is
 * written out here, on whole hashes: each key is used twice at most, and Node takes ten times as long to make an HMAC of
 * a new key, besides leaving a copy of it to the garbage collector.
 */
const OUTPUT_LENGTH = 32;
const BLOCK_LENGTH = 64;
/** Of one request, §10.1 table 2: 2^19 bits. */
export const DRBG_REQUEST_MAX: number = 2 ** 16;

export class HmacDrbg {
  /** The key, combined with the two pads of RFC 2104 §2. */
  readonly #inner = new Uint8Array(BLOCK_LENGTH).fill(0x36);
  readonly #outer = new Uint8Array(BLOCK_LENGTH).fill(0x5c);
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
      this.#useKey(this.#mac(this.#value, Uint8Array.of(round), provided ?? nothing));
      this.#nextValue();
    }
  }

  #useKey(key: Uint8Array): void {
    const [inner, outer] = [this.#inner, this.#outer];
    for (let at = 0; at < OUTPUT_LENGTH; at++) {
      const byte = key[at] ?? 0;
      inner[at] = byte ^ 0x36;
      outer[at] = byte ^ 0x5c;
    }
    key.fill(0);
  }

  #nextValue(): void {
    const next = this.#mac(this.#value);
    this.#value.fill(0);
    this.#value = next;
  }

  #mac(...input: readonly Uint8Array[]): Uint8Array {
    const digest = hashed(this.#inner, ...input);
    const mac = hashed(this.#outer, digest);
    digest.fill(0);
    return mac;
  }
}

const nothing = new Uint8Array(0);

function hashed(...parts: readonly Uint8Array[]): Uint8Array {
  const message = concatBytes(...parts);
  const digest = hash('sha256', message, 'buffer');
  message.fill(0);
  return digest;
}
