import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { UnsentPieces } from '../../src/node/unsent-pieces.ts';

it('gives what was written, in order, in pieces of at most so many bytes, and leaves the writer its bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 30 })), fc.integer({ min: 1, max: 40 }), (written, lengthMax) => {
      const unsent = new UnsentPieces();
      const all = Buffer.concat(written);
      for (const piece of written) unsent.append(piece);
      assert.equal(unsent.length, all.length);
      const taken: Uint8Array[] = [];
      while (unsent.length > 0) taken.push(unsent.take(lengthMax));
      assert.ok(taken.every(({ length }) => length > 0 && length <= lengthMax));
      assert.deepEqual(Buffer.concat(taken), all);
      assert.deepEqual(Buffer.concat(written), all);
    }),
    { seed: 20261124, numRuns: 300 },
  );
});
