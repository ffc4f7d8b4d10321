import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { suite } from '../../src/suites/bogo.ts';
import { tallyOf } from '../../src/tally.ts';

const runner = fileURLToPath(new URL('../bogo/small-runner.mjs', import.meta.url));
const options = { vectors: '/nonexistent', seed: 1 } as const;

test('without a runner there is one skip, which says where to read how one is built', async () => {
  const { passed, failures, skipped } = await tallyOf(suite.run({ ...options, stride: 1 }));
  assert.equal(passed, 0);
  assert.deepEqual(failures, []);
  assert.match(skipped[0]?.reason ?? '', /README/);
  assert.equal(skipped.length, 1);
});

test('every test of the runner is passed, failed or skipped with a reason; what is neither done nor disabled has failed', async () => {
  const { passed, failures, skipped } = await tallyOf(suite.run({ ...options, stride: 1, runner }));
  assert.equal(passed, 1);
  assert.deepEqual(
    failures.map(({ case: name, reason }) => [name, reason]),
    [
      ['Connects', 'exit code 1'],
      ['Unknown', 'the shim does not implement it, and bogo/config.json lacks it'],
    ],
  );
  assert.deepEqual(
    skipped.map(({ case: name, reason }) => [name, reason.replace(/:.*/, '')]),
    [
      ['Server', 'a server'],
      ['NPN-Client', 'an extension that is not offered'],
    ],
  );
});

test('a stride runs every so many of them', async () => {
  const { passed, failures, skipped } = await tallyOf(suite.run({ ...options, stride: 2, runner }));
  assert.equal(passed, 1);
  assert.deepEqual(
    [...failures, ...skipped].map(({ case: name }) => name),
    ['Unknown', 'NPN-Client'],
  );
});

test('a runner that is not there is an error', async () => {
  await assert.rejects(tallyOf(suite.run({ ...options, stride: 1, runner: '/nonexistent/runner' })), /ENOENT/);
});
