import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadSuite, runConformance, suiteNames } from '../src/program.ts';
import type { CaseResult } from '../src/suite.ts';
import { documentOf, summaryOf, tallyOf } from '../src/tally.ts';

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const code = await runConformance({
    args,
    environment: { KEYSTILE_VECTORS: '/nonexistent' },
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
  });
  return { code, ...written };
}

async function* yielding(...results: readonly CaseResult[]): AsyncGenerator<CaseResult> {
  yield* results;
}

test('--help names every suite with its title', async () => {
  const { code, stdout } = await run('--help');
  assert.equal(code, 0);
  for (const name of suiteNames()) {
    const { title } = await loadSuite(name);
    assert.ok(stdout.includes(`${name} `) && stdout.includes(title), name);
  }
});

test('the README has a row for every suite', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  for (const name of suiteNames()) assert.ok(readme.includes(`\`npm run conformance -- ${name}\``), name);
});

test('an unknown name, no name, two names and an unknown option are each told with a code', async () => {
  for (const args of [
    ['no-such-suite'],
    [],
    ['x509-limbo', 'wycheproof'],
    ['--nonsense'],
    ['x509-limbo', '--seed', 'x'],
    ['hostile-server', '--case', '0'],
  ]) {
    const { code, stdout, stderr } = await run(...args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, /^KS-U100: /);
    assert.equal(stdout, '');
  }
  assert.match((await run('../suite')).stderr, /there is no suite/);
});

test('a suite whose data is absent says so in one skipped case and does not fail', async () => {
  const { code, stdout } = await run('x509-limbo', '--json');
  const document = JSON.parse(stdout);
  assert.deepEqual(Object.keys(document), ['total', 'passed', 'failed', 'skipped']);
  assert.equal(document.total, 1);
  assert.match(document.skipped[0].reason, /KEYSTILE_VECTORS/);
  assert.equal(code, 0);
});

test('cases are counted, a failure is shown, skips are grouped by reason', async () => {
  const tally = await tallyOf(
    yielding(
      { outcome: 'passed', case: 'a' },
      { outcome: 'failed', case: 'b', reason: 'wrong' },
      { outcome: 'skipped', case: 'c', reason: 'why' },
      { outcome: 'skipped', case: 'd', reason: 'why' },
    ),
  );
  assert.deepEqual(documentOf(tally), {
    total: 4,
    passed: 1,
    failed: 1,
    skipped: [
      { case: 'c', reason: 'why' },
      { case: 'd', reason: 'why' },
    ],
  });
  assert.equal(
    summaryOf('x', tally),
    'failed   b: wrong\nskipped  2 × why\nx: 4 cases, 1 passed, 1 failed, 2 skipped\n',
  );
});

test('a case that comes twice is a failure: one of the two was not what its name says', async () => {
  const { failures } = await tallyOf(yielding({ outcome: 'passed', case: 'a' }, { outcome: 'passed', case: 'a' }));
  assert.equal(failures.length, 1);
});
