import type { CaseResult } from './suite.ts';

export interface Unrun {
  readonly case: string;
  readonly reason: string;
}

/** What became of one suite. */
export interface Tally {
  readonly passed: number;
  readonly failures: readonly Unrun[];
  readonly skipped: readonly Unrun[];
}

/** Runs a suite to its end. A case that comes twice is a fault of the suite: one of the two was not what its name says. */
export async function tallyOf(results: AsyncIterable<CaseResult>): Promise<Tally> {
  const seen = new Set<string>();
  const failures: Unrun[] = [];
  const skipped: Unrun[] = [];
  let passed = 0;
  for await (const result of results) {
    if (seen.has(result.case)) failures.push({ case: result.case, reason: 'the suite has this case twice' });
    seen.add(result.case);
    switch (result.outcome) {
      case 'passed':
        passed++;
        break;
      case 'failed':
        failures.push({ case: result.case, reason: result.reason });
        break;
      case 'skipped':
        skipped.push({ case: result.case, reason: result.reason });
        break;
    }
  }
  return { passed, failures, skipped };
}

/** The one document of `--json`. */
export function documentOf({ passed, failures, skipped }: Tally): {
  total: number;
  passed: number;
  failed: number;
  skipped: readonly Unrun[];
} {
  return { total: passed + failures.length + skipped.length, passed, failed: failures.length, skipped };
}

/** For people: every failure, then the skips by reason, then one line of counts. */
export function summaryOf(name: string, tally: Tally): string {
  const { total, passed, failed } = documentOf(tally);
  const reasons = Map.groupBy(tally.skipped, ({ reason }) => reason);
  return [
    ...tally.failures.map(failureLine),
    ...[...reasons].map(([reason, { length }]) => `skipped  ${length} × ${reason}`),
    `${name}: ${total} cases, ${passed} passed, ${failed} failed, ${tally.skipped.length} skipped`,
    '',
  ].join('\n');
}

export function failureLine({ case: name, reason }: Unrun): string {
  return `failed   ${name}: ${reason}`;
}
