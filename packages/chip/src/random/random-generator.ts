import { KeystileError } from '@keystile/errors';
import type { RandomSource } from '../ports.ts';
import { HmacDrbg } from './hmac-drbg.ts';
import { SourceHealth, WINDOW_LENGTH } from './source-health.ts';

/**
 * The part's random numbers: a DRBG over the board's source, whose every byte passes the health tests first.
 *
 *   source ──512 bytes──► health tests ──► seed ──► HMAC_DRBG ──► hello randoms, EC private keys, nonces
 *                             └── failed: no byte more, from anybody, before the part is reset
 *
 * A seed takes a whole window of the source, sixteen times what 256 bits need, so that a source that has got worse shows
 * in the seed that it would spoil. ML-KEM keys and ECDSA's nonces do not come from here but from OpenSSL's own generator.
 */
const SEED_LENGTH: number = WINDOW_LENGTH;
/** SP 800-90B §4.3: at least 1,024 samples are tested at the start, and then thrown away. */
const START_UP_LENGTH: number = 2 * WINDOW_LENGTH;
/** Requests on one seed. The standard permits 2^48; a new seed is cheap and ends what an attacker may have learnt. */
const REQUESTS_MAX = 64;

export class RandomGenerator {
  readonly #source: RandomSource;
  #health = new SourceHealth();
  #drbg: HmacDrbg | undefined;
  #requests = 0;
  #fault: KeystileError | undefined;

  constructor(source: RandomSource) {
    this.#source = source;
  }

  /** Why there are no random numbers any more. */
  get fault(): KeystileError | undefined {
    return this.#fault;
  }

  /** Begins anew, as after a reset: the start-up test, then the first seed. What fails is kept in `fault`. */
  start(): void {
    this.#fault = undefined;
    this.#drbg = undefined;
    this.#health = new SourceHealth();
    try {
      this.#draw(START_UP_LENGTH).fill(0);
      this.reseed();
    } catch (error) {
      if (!(error instanceof KeystileError)) throw error;
    }
  }

  /** Random bytes for the caller to own. Throws `KS-C186` once the source has failed. */
  readonly bytes: RandomSource = (length) => {
    if (this.#drbg === undefined || this.#requests >= REQUESTS_MAX) this.reseed();
    if (this.#drbg === undefined) throw new KeystileError('KS-C186');
    this.#requests++;
    return this.#drbg.generate(length);
  };

  /** The same on a seed of this moment, for keys that last. */
  readonly freshBytes: RandomSource = (length) => {
    this.reseed();
    return this.bytes(length);
  };

  /** Throws `KS-C186`. */
  reseed(): void {
    const seed = this.#draw(SEED_LENGTH);
    if (this.#drbg === undefined) this.#drbg = new HmacDrbg(seed);
    else this.#drbg.reseed(seed);
    seed.fill(0);
    this.#requests = 0;
  }

  #draw(length: number): Uint8Array {
    if (this.#fault !== undefined) throw this.#fault;
    try {
      const samples = this.#source(length);
      if (samples.length !== length) {
        throw new KeystileError('KS-C186', `the source gave ${samples.length} bytes for ${length}`);
      }
      this.#health.check(samples);
      return samples;
    } catch (cause) {
      this.#drbg = undefined;
      this.#fault =
        cause instanceof KeystileError ? cause : new KeystileError('KS-C186', 'the source gave an error', { cause });
      throw this.#fault;
    }
  }
}
