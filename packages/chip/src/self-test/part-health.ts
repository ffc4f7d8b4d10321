import { KeystileError } from '@keystile/errors';
import type { RandomGenerator } from '../random/random-generator.ts';
import type { KnownAnswer } from './known-answer.ts';
import { firstFailedTest } from './known-answers.ts';

/**
 * Whether the part may be trusted with a key: every algorithm gives its known answers, and the random source passes its
 * tests. What fails puts the part into its error state, in which it does nothing but say so. Only a reset, by the line or
 * by power, tests again from the beginning and so leaves it.
 */
export class PartHealth {
  readonly #tests: readonly KnownAnswer[];
  readonly #random: RandomGenerator;
  #failed: string | undefined;

  constructor(tests: readonly KnownAnswer[], random: RandomGenerator) {
    this.#tests = tests;
    this.#random = random;
  }

  /** `KS-C186` or `KS-C187`; undefined when the part is whole. */
  get fault(): KeystileError | undefined {
    if (this.#failed === undefined) return this.#random.fault;
    return new KeystileError('KS-C187', `the self-test of ${this.#failed} fails`);
  }

  /** After a reset: forgets what failed before and tests all of it. */
  start(): void {
    this.#failed = firstFailedTest(this.#tests);
    this.#random.start();
  }

  /** On demand. The first test that fails, or undefined; a part in its error state stays there and repeats why. */
  test(): string | undefined {
    this.#failed ??= firstFailedTest(this.#tests);
    if (this.#failed === undefined && this.#random.fault === undefined) this.#random.start();
    return this.#failed ?? (this.#random.fault === undefined ? undefined : RANDOM_SOURCE);
  }
}

const RANDOM_SOURCE = 'random source';
