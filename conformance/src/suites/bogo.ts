import { disabledReasons, readConfiguration } from '../bogo/configuration.ts';
import { type ListedTest, listTests, runTests, type Verdict } from '../bogo/runner.ts';
import { type CaseResult, type Suite, type SuiteOptions, sampled } from '../suite.ts';

/**
 * BoringSSL's own tests of a TLS client, run against ours by their runner, which the reader builds (README.md). What it
 * asks for that Keystile does not have is in bogo/config.json, with the reason; whatever else is not done has failed.
 */
export const suite: Suite = {
  title: 'the TLS client under BoringSSL’s test runner (--runner PATH)',
  run,
};

async function* run({ runner, stride }: SuiteOptions): AsyncGenerator<CaseResult> {
  if (runner === undefined) {
    yield { outcome: 'skipped', case: 'runner', reason: 'no --runner; the README says how one is built' };
    return;
  }
  const tests = sampled(await listTests(runner), stride);
  const reasonOf = disabledReasons(readConfiguration());
  const undone = (test: ListedTest): string | undefined => roles[test.role] ?? reasonOf(test.name);
  const chosen = tests.filter((test) => undone(test) === undefined).map(({ name }) => name);
  const verdicts = await runTests(runner, stride === 1 ? undefined : chosen);
  for (const test of tests) {
    const reason = undone(test);
    if (reason === undefined) yield resultOf(test.name, verdicts.get(test.name));
    else yield { outcome: 'skipped', case: test.name, reason };
  }
}

const roles: Readonly<Record<ListedTest['role'], string | undefined>> = {
  client: undefined,
  server: 'a server: Keystile’s TLS is a client',
  DTLS: 'DTLS: MQTT runs over TCP',
  QUIC: 'QUIC: MQTT runs over TCP',
};

function resultOf(name: string, verdict: Verdict | undefined): CaseResult {
  switch (verdict?.kind) {
    case 'passed':
      return { outcome: 'passed', case: name };
    case 'failed':
      return { outcome: 'failed', case: name, reason: verdict.why };
    case 'unimplemented':
      return { outcome: 'failed', case: name, reason: 'the shim does not implement it, and bogo/config.json lacks it' };
    case undefined:
      return { outcome: 'failed', case: name, reason: 'the runner did not come to it' };
  }
}
