import { mutationCases } from '../hostile-server/mutation/cases.ts';
import type { ScriptedCase } from '../hostile-server/script.ts';
import { scriptedCases } from '../hostile-server/scripts/all.ts';
import type { CaseResult, Suite, SuiteOptions } from '../suite.ts';
import { sampled } from '../suite.ts';

/**
 * What the engine does with a server that says anything at any point: by script, each with the code and the alert that
 * are due, and by seeded mutation of real flights, after which it is refused or has not been fooled.
 */
export const suite: Suite = {
  title: 'a server that misbehaves by script, and by mutation of real flights; TLS 1.3 and 1.2',
  run,
};

async function* run({ seed, stride, only }: SuiteOptions): AsyncGenerator<CaseResult> {
  if (only === undefined) for (const script of sampled(scriptedCases, stride)) yield judged(script);
  yield* mutationCases({ seed, stride, ...(only === undefined ? {} : { only }) });
}

function judged({ name, judge }: ScriptedCase): CaseResult {
  const reason = judge();
  if (reason === undefined) return { outcome: 'passed', case: name };
  return { outcome: 'failed', case: name, reason };
}
