import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TokenBucket } from '../src/token-bucket.ts';
import { Random } from './support/random.ts';

describe('TokenBucket', () => {
  it('gives what it holds at once, and then at its rate', () => {
    const bucket = new TokenBucket(100, 10);
    assert.equal(bucket.available(5000), 10);
    bucket.take(10, 5000);
    assert.deepEqual([bucket.available(5000), bucket.debtMs(5000)], [0, 0]);
    bucket.take(1, 5000);
    assert.equal(bucket.debtMs(5000), 10);
    assert.deepEqual([bucket.debtMs(5009), bucket.debtMs(5010)], [1, 0]);
    assert.equal(bucket.available(5030), 2);
  });

  it('fills up to its size, however long nobody came', () => {
    const bucket = new TokenBucket(100, 10);
    bucket.take(10, 0);
    assert.equal(bucket.available(1_000_000), 10);
  });

  it('never lets more through than its size and its rate, whatever the pattern', () => {
    const random = new Random(18);
    for (let round = 0; round < 200; round++) {
      const perSecond = 1 + random.below(1000);
      const size = 1 + random.below(100);
      const bucket = new TokenBucket(perSecond, size);
      let nowMs = 0;
      let passed = 0;
      for (let step = 0; step < 200; step++) {
        nowMs += random.below(20);
        const count = Math.min(random.below(5), bucket.available(nowMs));
        bucket.take(count, nowMs);
        passed += count;
      }
      assert.ok(passed <= size + (perSecond * nowMs) / 1000, `round ${round}: ${passed} in ${nowMs} ms`);
    }
  });
});
