import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSuite } from '../../src/program.ts';
import { tallyOf } from '../../src/tally.ts';

const STRIDE = process.env.KEYSTILE_TEST_FULL === '1' ? 1 : 5;
const SEED = 1;

test('a sample of the matrix: every cell that a peer has passes, and no cell is skipped for our sake', async () => {
  const suite = await loadSuite('tls-interop');
  const { passed, failures, skipped } = await tallyOf(
    suite.run({ vectors: '/nonexistent', seed: SEED, stride: STRIDE }),
  );
  assert.deepEqual(failures, [], `seed ${SEED}`);
  // What Node itself brings is always there, with everything.
  assert.ok(passed >= 45 / STRIDE, `${passed} passed`);
  for (const { case: name, reason } of skipped) {
    assert.match(reason, /^(unsupported by peer|not installed|it listens on every address)/, name);
    assert.doesNotMatch(name, /^node:tls/);
  }
});
