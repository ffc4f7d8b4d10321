/**
 * What a conformance suite is. Each file of `suites/` exports one as `suite`, and its name is the file's: nothing else
 * lists them.
 */
export interface Suite {
  /** What is judged and against what, in one line, for `--help`. */
  readonly title: string;
  /**
   * Yields every case once, in an order that does not depend on chance. What a suite needs and does not find (a folder
   * of vectors, a system program) is one skipped case with the reason, not an error.
   */
  run(options: SuiteOptions): AsyncIterable<CaseResult>;
}

export type CaseResult =
  | { readonly outcome: 'passed'; readonly case: string }
  | { readonly outcome: 'failed'; readonly case: string; readonly reason: string }
  | { readonly outcome: 'skipped'; readonly case: string; readonly reason: string };

export interface SuiteOptions {
  /** Folder of the foreign test data. */
  readonly vectors: string;
  /** Path of a foreign test runner, for a suite that is one. */
  readonly runner?: string;
  /** For what a suite generates. The same seed gives the same cases. */
  readonly seed: number;
  /** Every how many-th case is run: 1 for all of them. The others are not yielded at all. */
  readonly stride: number;
  /** The number of the one generated case to run, for suites whose generated cases have numbers. */
  readonly only?: number;
}

/** Takes every `stride`-th element, the first always. */
export function sampled<T>(all: readonly T[], stride: number): readonly T[] {
  return all.filter((_, index) => index % stride === 0);
}
