import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ByteQueue } from '../../src/record/byte-queue.ts';

describe('ByteQueue', () => {
  it('gives back what went in, in order, however it is cut (against a plain array)', () => {
    const step = fc.oneof(
      fc.record({ append: fc.uint8Array({ maxLength: 600 }) }),
      fc.record({ take: fc.nat({ max: 700 }) }),
      fc.record({ peek: fc.nat({ max: 700 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new ByteQueue();
        let plain: number[] = [];
        for (const one of steps) {
          if ('append' in one) {
            queue.append(one.append);
            plain = [...plain, ...one.append];
          } else if ('take' in one) {
            assert.deepEqual([...queue.take(one.take)], plain.slice(0, one.take));
            plain = plain.slice(one.take);
          } else {
            assert.deepEqual([...queue.peek(one.peek)], plain.slice(0, one.peek));
          }
          assert.equal(queue.length, plain.length);
        }
      }),
      { seed: 20261123, numRuns: 200 },
    );
  });

  it('zeroes what was taken', () => {
    const queue = new ByteQueue();
    queue.append(Uint8Array.of(1, 2, 3, 4));
    const shared = queue.peek(4);
    queue.take(2);
    assert.deepEqual([...shared], [0, 0, 3, 4]);
    queue.clear();
    assert.deepEqual([...shared], [0, 0, 0, 0]);
  });
});
