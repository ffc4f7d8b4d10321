import { KeystileError } from '@keystile/errors';

/**
 * The health tests of SP 800-90B §4.4 over what the entropy source gives, byte by byte, before anything is made of it.
 *
 * They look for a source that has broken, not for one that was built badly: the operating system's gives eight bits of
 * entropy a byte, and six are claimed here, so that a whole source raises an alarm never and a broken one soon.
 *
 *   repetition count      the same byte 8 times in a row               C = 1 + ⌈40 / 6⌉
 *   adaptive proportion   a byte 35 times or more in a window of 512   C = 1 + critbinom(512, 2^-6, 1 − 2^-40)
 *
 * The standard counts the window's first byte; here every value is counted, which finds at once what the standard's test
 * would find in one window of many. A whole source fails a window once in 2^100.
 */
const REPETITIONS_MAX = 8;
const PROPORTION_MAX = 35;
export const WINDOW_LENGTH = 512;

export class SourceHealth {
  readonly #counts = new Uint16Array(256);
  #inWindow = 0;
  #last = -1;
  #repetitions = 0;

  /** Throws `KS-C186`; what was tested must not be used then. */
  check(samples: Uint8Array): void {
    const counts = this.#counts;
    let last = this.#last;
    let repetitions = this.#repetitions;
    for (let at = 0; at < samples.length; at++) {
      const sample = samples[at] ?? 0;
      repetitions = sample === last ? repetitions + 1 : 1;
      last = sample;
      const count = (counts[sample] ?? 0) + 1;
      counts[sample] = count;
      if (repetitions >= REPETITIONS_MAX) throw failure(REPETITIONS_MAX, 'in a row');
      if (count >= PROPORTION_MAX) throw failure(PROPORTION_MAX, `among ${WINDOW_LENGTH}`);
      if (++this.#inWindow < WINDOW_LENGTH) continue;
      this.#inWindow = 0;
      counts.fill(0);
    }
    this.#last = last;
    this.#repetitions = repetitions;
  }
}

function failure(count: number, where: string): KeystileError {
  return new KeystileError('KS-C186', `the source gave one byte ${count} times ${where}`);
}
