import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { RandomGenerator } from '../../src/random/random-generator.ts';

/** A source that can be spoilt, and counts what is drawn of it. */
class Source {
  drawn = 0;
  spoil: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes;

  readonly draw = (length: number): Uint8Array => {
    this.drawn += length;
    return this.spoil(new Uint8Array(randomBytes(length)));
  };
}

const stuck = (bytes: Uint8Array): Uint8Array => bytes.fill(0x5a);
/** Every fourth byte is zero, and the others are as they should be. */
const biased = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at % 4 === 0 ? 0 : byte));
const spoilt: Readonly<Record<string, Source['spoil']>> = {
  stuck,
  biased,
  short: (bytes) => bytes.subarray(1),
  gone: () => {
    throw new Error('EIO');
  },
};

describe('the random generator', () => {
  it('tests 1,024 bytes and seeds itself with 512 more before it gives any', () => {
    const source = new Source();
    const generator = new RandomGenerator(source.draw);
    generator.start();
    assert.equal(source.drawn, 1024 + 512);
    assert.notDeepEqual(generator.bytes(32), generator.bytes(32));
    assert.equal(source.drawn, 1024 + 512, 'an ordinary request draws nothing');
    generator.freshBytes(32);
    assert.equal(source.drawn, 1024 + 1024);
  });

  it('takes a new seed after 64 requests', () => {
    const source = new Source();
    const generator = new RandomGenerator(source.draw);
    generator.start();
    const { drawn } = source;
    for (let request = 0; request < 64; request++) generator.bytes(8);
    assert.equal(source.drawn, drawn);
    generator.bytes(8);
    assert.equal(source.drawn, drawn + 512);
  });

  for (const [what, spoil] of Object.entries(spoilt)) {
    it(`gives nothing when its source is ${what} at the start`, () => {
      const source = new Source();
      source.spoil = spoil;
      const generator = new RandomGenerator(source.draw);
      generator.start();
      assert.equal(generator.fault?.code, 'KS-C186');
      assert.throws(() => generator.bytes(1), { code: 'KS-C186' });
    });

    it(`gives nothing more when its source is ${what} later, also once that is whole again, until it starts anew`, () => {
      const source = new Source();
      const generator = new RandomGenerator(source.draw);
      generator.start();
      source.spoil = spoil;
      assert.throws(() => generator.freshBytes(32), { code: 'KS-C186' });
      source.spoil = (bytes) => bytes;
      assert.throws(() => generator.bytes(1), { code: 'KS-C186' });
      assert.throws(() => generator.reseed(), { code: 'KS-C186' });
      generator.start();
      assert.equal(generator.fault, undefined);
      assert.equal(generator.bytes(32).length, 32);
    });
  }
});
