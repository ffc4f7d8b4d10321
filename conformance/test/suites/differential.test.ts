import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opensslVersion } from '../../src/differential/openssl.ts';
import { Random } from '../../src/random.ts';
import { runSample } from '../sample.ts';

const skip = opensslVersion() === undefined ? 'no openssl command' : false;
const STRIDE = 10;

test('a sample of generated chains, lists and names is judged as OpenSSL judges it', { skip }, async () => {
  const { passed, failures, skipped } = await runSample('differential', STRIDE);
  assert.deepEqual(failures, [], 'seed 1');
  assert.ok(passed > 200, `${passed} passed`);
  assert.ok(skipped.length < passed / 4, `${skipped.length} explained`);
});

test('the same seed gives the same numbers, and they reach every value', () => {
  const drawn = (seed: number): readonly number[] => {
    const random = new Random(seed);
    return Array.from({ length: 200 }, () => random.below(7));
  };
  assert.deepEqual(drawn(5), drawn(5));
  assert.notDeepEqual(drawn(5), drawn(6));
  assert.deepEqual([...new Set(drawn(5))].sort(), [0, 1, 2, 3, 4, 5, 6]);
});
