import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ChunkQueue } from '../../src/record/chunk-queue.ts';

describe('ChunkQueue', () => {
  it('gives back what went in, in order, however it is cut (against a plain array)', () => {
    const step = fc.oneof(
      fc.record({ append: fc.uint8Array({ maxLength: 40 }) }),
      fc.record({ take: fc.nat({ max: 60 }) }),
      fc.record({ takeWhole: fc.nat({ max: 60 }) }),
      fc.constant('takePieces' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new ChunkQueue();
        let plain: number[] = [];
        const taken = (bytes: Iterable<number>, length: number): void => {
          assert.deepEqual([...bytes], plain.slice(0, length));
          plain = plain.slice(length);
        };
        for (const one of steps) {
          if (one === 'takePieces') taken(Buffer.concat(queue.takePieces()), plain.length);
          else if ('append' in one) {
            plain = [...plain, ...one.append];
            queue.append(Uint8Array.from(one.append));
          } else if ('take' in one) taken(queue.take(one.take), one.take);
          else {
            const whole = queue.takeWhole(one.takeWhole);
            assert.ok(whole.length <= one.takeWhole);
            assert.equal(whole.length === 0, plain.length === 0 || one.takeWhole === 0);
            taken(whole, whole.length);
          }
          assert.equal(queue.length, plain.length);
        }
      }),
      { seed: 20261124, numRuns: 300 },
    );
  });

  it('hands out a whole chunk as it is, and as many whole ones as there is room for', () => {
    const queue = new ChunkQueue();
    const [first, second, third] = [Uint8Array.of(1, 2), Uint8Array.of(3), Uint8Array.of(4, 5)];
    for (const chunk of [first, second, third]) queue.append(chunk);
    assert.deepEqual([...queue.takeWhole(4)], [1, 2, 3]);
    assert.equal(queue.take(2), third);
  });

  it('zeroes what it copied from, and what it forgets', () => {
    const queue = new ChunkQueue();
    const chunk = Uint8Array.of(1, 2, 3, 4);
    queue.append(chunk);
    assert.deepEqual([...queue.take(2)], [1, 2]);
    assert.deepEqual([...chunk], [0, 0, 3, 4]);
    queue.clear();
    assert.deepEqual([...chunk], [0, 0, 0, 0]);
    assert.equal(queue.length, 0);
  });
});
