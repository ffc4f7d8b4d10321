import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { fromHex } from '@keystile/bytes';
import { startKeyExchange } from '../../src/groups/key-exchange.ts';
import { nistPrivateKey } from '../../src/groups/private-key.ts';

/** The orders n as FIPS 186-5 (SP 800-186 §3.2.1) prints them. */
const orders = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'P-384': 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
} as const;
const lengths = { 'P-256': 32, 'P-384': 48 } as const;

for (const curve of ['P-256', 'P-384'] as const) {
  const bytesOf = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(2 * lengths[curve], '0'));
  const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  /** What the sampler makes of these candidates, in their order. */
  const drawn = (...candidates: readonly bigint[]): bigint => {
    const left = candidates.map(bytesOf);
    return numberOf(nistPrivateKey(curve, () => left.shift() ?? assert.fail('it drew once more')));
  };

  describe(`a private key of ${curve}`, () => {
    it('is its candidate plus one, up to n − 1', () => {
      assert.equal(drawn(0n), 1n);
      assert.equal(drawn(0xffn), 0x100n);
      assert.equal(drawn(orders[curve] - 2n), orders[curve] - 1n);
    });

    it('is never zero, n or more: such a candidate is drawn again', () => {
      const everyBit = 2n ** BigInt(8 * lengths[curve]) - 1n;
      for (const tooLarge of [orders[curve] - 1n, orders[curve], orders[curve] + 1n, everyBit]) {
        assert.equal(drawn(tooLarge, 41n), 42n);
      }
    });

    it('is not looked for without end', () => {
      const stuck = (length: number): Uint8Array => new Uint8Array(length).fill(0xff);
      assert.throws(() => nistPrivateKey(curve, stuck), RangeError);
      assert.throws(() => nistPrivateKey(curve, () => randomBytes(8)), RangeError);
    });

    it('whose candidate was 0 has the generator as its share, and no copy is left in the bytes that were given', () => {
      const given: Uint8Array[] = [];
      const { share } = startKeyExchange(curve, (length) => {
        given.push(new Uint8Array(length));
        return given.at(-1) ?? assert.fail();
      });
      // SP 800-186 §3.2.1.3 and §3.2.1.4: Gx.
      const x = { 'P-256': '6b17d1f2e12c4247', 'P-384': 'aa87ca22be8b0537' }[curve];
      assert.equal(Buffer.from(share.subarray(1, 9)).toString('hex'), x);
      assert.deepEqual(given, [new Uint8Array(lengths[curve])]);
    });
  });
}
