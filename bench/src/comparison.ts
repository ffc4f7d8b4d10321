/** One workload, measured on both sides: every round's figure. */
export interface Comparison {
  readonly workload: string;
  /** Of the figures. */
  readonly unit: string;
  readonly ours: readonly number[];
  readonly peer: readonly number[];
  readonly target: Target;
}

/**
 * For ours ÷ peer: a cost may be so much at most, a throughput must be so much at least, and what is reported has no limit.
 * A limit that is made up of terms says what they are.
 */
export type Target =
  | { readonly atMost: number; readonly said?: string }
  | { readonly atLeast: number }
  | { readonly reported: true };

/** The same, judged: medians, their ratio, and whether it is within the target. */
export interface Row {
  readonly workload: string;
  readonly ours: number;
  readonly peer: number;
  /** ours ÷ peer. */
  readonly ratio: number;
  readonly target: string;
  readonly met: boolean;
}

export function rowOf({ workload, unit, ours, peer, target }: Comparison): Row {
  const [ourMedian, peerMedian] = [median(ours), median(peer)];
  const ratio = ourMedian / peerMedian;
  return {
    workload: `${workload} [${unit}]`,
    ours: rounded(ourMedian),
    peer: rounded(peerMedian),
    ratio: rounded(ratio),
    target: targetText(target),
    met: isMet(rounded(ratio), target),
  };
}

function targetText(target: Target): string {
  if ('reported' in target) return REPORTED;
  if ('atLeast' in target) return `≥ ${target.atLeast.toFixed(1)}`;
  return target.said ?? `≤ ${target.atMost.toFixed(1)}`;
}

/** The ratio as shown decides, so that a row never contradicts itself; what is no number meets nothing. */
function isMet(ratio: number, target: Target): boolean {
  if ('reported' in target) return true;
  return 'atMost' in target ? ratio <= target.atMost : ratio >= target.atLeast;
}

/** In the place of a target: the row misses nothing, whatever it says. */
export const REPORTED = 'none';

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = Number.NaN, high = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}

/** Three significant digits: more would be noise. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** Both sides in turn, the one that begins changing from round to round, so that a machine that slows down hits both. */
export async function alternate(
  rounds: number,
  sides: { readonly ours: () => Promise<number>; readonly peer: () => Promise<number> },
): Promise<Pick<Comparison, 'ours' | 'peer'>> {
  const figures = { ours: [] as number[], peer: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? (['ours', 'peer'] as const) : (['peer', 'ours'] as const);
    for (const side of order) figures[side].push(await sides[side]());
  }
  return figures;
}
