import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { ReceivedBytes } from '../../src/record/received-bytes.ts';

it('gives back what was fed, in order, when the memory that was fed is used again (against a plain array)', () => {
  const feeding = fc.record({ feed: fc.uint8Array({ maxLength: 50 }), takes: fc.array(fc.nat({ max: 70 })) });
  fc.assert(
    fc.property(fc.array(feeding, { maxLength: 40 }), (feedings) => {
      const received = new ReceivedBytes();
      const shared = new Uint8Array(50);
      let plain: number[] = [];
      for (const { feed, takes } of feedings) {
        shared.set(feed);
        received.feed(shared.subarray(0, feed.length));
        plain = [...plain, ...feed];
        for (const length of takes) {
          assert.equal(received.length, plain.length);
          assert.equal(received.at(length), plain[length]);
          if (length % 2 === 0) continue;
          assert.deepEqual([...received.take(length)], plain.slice(0, length));
          plain = plain.slice(length);
        }
        received.keep();
        shared.fill(0xff);
      }
    }),
    { seed: 20261124, numRuns: 300 },
  );
});

it('is empty when it was cleared', () => {
  const received = new ReceivedBytes();
  received.feed(Uint8Array.of(1, 2, 3));
  received.keep();
  received.feed(Uint8Array.of(4));
  received.clear();
  assert.equal(received.length, 0);
  assert.equal(received.take(1).length, 0);
});
