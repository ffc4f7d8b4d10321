import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suite } from '../../src/suites/paho.ts';
import { tallyOf } from '../../src/tally.ts';

const options = { vectors: '/nonexistent', seed: 1, stride: 1 } as const;

test('without the tests there is one skip, which says what --runner should name', async () => {
  for (const more of [{}, { runner: '/nonexistent' }]) {
    const { passed, failures, skipped } = await tallyOf(suite.run({ ...options, ...more }));
    assert.deepEqual([passed, failures.length, skipped.length], [0, 0, 1]);
    assert.match(skipped[0]?.reason ?? '', /interoperability|client_test5/);
  }
});
