import type { Random } from '../random.ts';

/** For each parameter the values that it may have. */
export type Domain<Row> = { readonly [Name in keyof Row]: readonly Row[Name][] };

/** Every row that is allowed. */
export function allRows<Row extends object>(domain: Domain<Row>, isAllowed: (row: Row) => boolean): readonly Row[] {
  let rows: readonly Partial<Row>[] = [{}];
  for (const name in domain) {
    rows = rows.flatMap((row) => domain[name].map((value) => ({ ...row, [name]: value })));
  }
  return (rows as readonly Row[]).filter(isAllowed);
}

/**
 * A few of the rows in which every pair of values of two parameters that stand together in any row stands together.
 * Greedy: each time the row with the most new pairs, the random order deciding between equals.
 */
export function pairwise<Row extends object>(rows: readonly Row[], random: Random): readonly Row[] {
  const candidates = shuffled(rows, random).map((row) => ({ row, pairs: pairsOf(row) }));
  const uncovered = new Set(candidates.flatMap(({ pairs }) => pairs));
  const chosen: Row[] = [];
  while (uncovered.size > 0) {
    const gains = candidates.map(({ pairs }) => pairs.filter((pair) => uncovered.has(pair)).length);
    const best = candidates[gains.indexOf(Math.max(...gains))];
    if (best === undefined) throw new RangeError('a pair belongs to no row');
    chosen.push(best.row);
    for (const pair of best.pairs) uncovered.delete(pair);
  }
  return chosen;
}

/** Each pair as a text that no other pair has. */
export function pairsOf(row: object): readonly string[] {
  const fields = Object.entries(row).map(([name, value]) => `${name}=${value}`);
  return fields.flatMap((field, i) => fields.slice(i + 1).map((other) => `${field}&${other}`));
}

function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
}
