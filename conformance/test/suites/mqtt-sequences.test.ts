import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suite } from '../../src/suites/mqtt-sequences.ts';
import { tallyOf } from '../../src/tally.ts';
import { absence, runSample } from '../sample.ts';

test('a sample of the sequences passes on every transport', { skip: absence('mqtt-sequences') }, async () => {
  // Not a multiple of three: each transport gets its share.
  const { passed, failures } = await runSample('mqtt-sequences', 20);
  assert.deepEqual(failures, []);
  assert.ok(passed > 150, `${passed} passed`);
});

test('without the data there is one skip with its reason', async () => {
  const { passed, skipped } = await tallyOf(suite.run({ vectors: '/nonexistent', seed: 1, stride: 1 }));
  assert.equal(passed, 0);
  assert.match(skipped[0]?.reason ?? '', /KEYSTILE_VECTORS/);
});
