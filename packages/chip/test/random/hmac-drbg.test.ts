import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { fromHex } from '@keystile/bytes';
import { DRBG_REQUEST_MAX, HmacDrbg } from '../../src/random/hmac-drbg.ts';

/** SP 800-90A §10.1.2 once more, as plainly as it can be said. */
class PlainDrbg {
  #key = Buffer.alloc(32);
  #value = Buffer.alloc(32, 1);

  update(provided: Uint8Array): void {
    this.#key = this.#mac(this.#value, Buffer.of(0), provided);
    this.#value = this.#mac(this.#value);
    if (provided.length === 0) return;
    this.#key = this.#mac(this.#value, Buffer.of(1), provided);
    this.#value = this.#mac(this.#value);
  }

  generate(length: number): Buffer {
    let output = Buffer.alloc(0);
    while (output.length < length) {
      this.#value = this.#mac(this.#value);
      output = Buffer.concat([output, this.#value]);
    }
    this.update(Buffer.alloc(0));
    return output.subarray(0, length);
  }

  #mac(...input: readonly Uint8Array[]): Buffer<ArrayBuffer> {
    return Buffer.from(createHmac('sha256', this.#key).update(Buffer.concat(input)).digest());
  }
}

test('it is the generator of the standard: requests of every length, reseeded in between', () => {
  const seed = fromHex('0f'.repeat(48));
  const [drbg, plain] = [new HmacDrbg(seed), new PlainDrbg()];
  plain.update(seed);
  for (const length of [0, 1, 31, 32, 33, 64, 100, 1000]) {
    assert.deepEqual(Buffer.from(drbg.generate(length)), plain.generate(length), `${length} bytes`);
    if (length % 2 === 0) continue;
    const entropy = new Uint8Array(512).fill(length);
    drbg.reseed(entropy);
    plain.update(entropy);
  }
});

test('one bit of the seed changes everything, and no answer comes twice', () => {
  const answers = [0x00, 0x01].map((first) => {
    const drbg = new HmacDrbg(Uint8Array.of(first, ...new Uint8Array(47)));
    return [drbg.generate(32), drbg.generate(32)].map((bytes) => Buffer.from(bytes).toString('hex'));
  });
  assert.equal(new Set(answers.flat()).size, 4);
});

test('a request is bounded', () => {
  const drbg = new HmacDrbg(new Uint8Array(48));
  assert.equal(drbg.generate(DRBG_REQUEST_MAX).length, DRBG_REQUEST_MAX);
  for (const length of [DRBG_REQUEST_MAX + 1, -1, 0.5, Number.NaN])
    assert.throws(() => drbg.generate(length), RangeError);
});
