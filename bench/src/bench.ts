import type { Comparison } from './comparison.ts';

/**
 * What a bench is. Each file of `benches/` exports one as `bench`, and its name is the file's: nothing else lists them.
 */
export interface Bench {
  /** What is compared with what, in one line, for `--help`. */
  readonly title: string;
  /** Yields every workload once, measured. What it starts ends with it. */
  run(options: BenchOptions): AsyncIterable<Comparison>;
}

export interface BenchOptions {
  /** How often each side of a workload is measured; the medians count. */
  readonly rounds: number;
  /** Multiplies the counts of every workload: 1 to measure, a hundredth to see only that the bench still works. */
  readonly scale: number;
  /** Only the workloads whose name contains it. */
  readonly only?: string;
}

/** A count scaled, at least 1. */
export function scaled(count: number, scale: number): number {
  return Math.max(1, Math.round(count * scale));
}
