import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs } from '../src/backoff.ts';

test('pauses double up to half a minute and never reach zero', () => {
  const pauses = Array.from({ length: 10 }, (_, index) => backoffMs(index + 1, 0));
  assert.deepEqual(pauses.slice(0, 7), [500, 1000, 2000, 4000, 8000, 16_000, 30_000]);
  assert.equal(backoffMs(1_000_000, 0), 30_000);
  for (let failures = 1; failures < 40; failures++) assert.ok(backoffMs(failures, 0.999) >= 300);
});

test('units that lost the same broker come back at different times', () => {
  assert.notEqual(backoffMs(5, 0.1), backoffMs(5, 0.9));
});
