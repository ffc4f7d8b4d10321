import { ellipticCurveAnswers } from './elliptic-curve-answers.ts';
import { hashAnswers } from './hash-answers.ts';
import type { KnownAnswer } from './known-answer.ts';
import { mlKemAnswers } from './ml-kem-answers.ts';
import { sealAnswers } from './seal-answers.ts';

/**
 * Known-answer tests of every algorithm that the part uses. They tell a broken build of the primitives from a whole
 * one; what the random source gives has tests of its own.
 */
export const knownAnswers: readonly KnownAnswer[] = [
  ...hashAnswers,
  ...sealAnswers,
  ...ellipticCurveAnswers,
  ...mlKemAnswers,
];

/** The first test that fails, or undefined. A primitive that throws has failed. */
export function firstFailedTest(tests: readonly KnownAnswer[]): string | undefined {
  return tests.find(({ holds }) => {
    try {
      return !holds();
    } catch {
      return true;
    }
  })?.name;
}
