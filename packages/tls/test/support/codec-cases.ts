import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fromHex, toHex } from '@keystile/bytes';

export interface CodecCase<Value> {
  /** The wire bytes as hexadecimal, one string per field. */
  readonly wire: readonly string[];
  readonly value: Value;
  readonly encode?: (value: Value) => Uint8Array;
  readonly decode?: (bytes: Uint8Array) => Value;
  /** A body that may end early and still be whole, at these lengths. */
  readonly wholeAt?: readonly number[];
}

/** One vector, every way: decode, encode, round trip, and each shorter and longer input refused. */
export function codecCase<Value>(name: string, { wire, value, encode, decode, wholeAt = [] }: CodecCase<Value>): void {
  const hex = wire.join('');
  if (encode !== undefined) it(`${name}: encodes`, () => assert.equal(toHex(encode(value)), hex));
  if (decode === undefined) return;
  it(`${name}: decodes`, () => assert.deepEqual(plain(decode(fromHex(hex))), plain(value)));
  if (encode !== undefined) it(`${name}: round trip`, () => assert.equal(toHex(encode(decode(fromHex(hex)))), hex));
  it(`${name}: refuses every shorter input, and one byte more`, () => {
    const bytes = fromHex(hex);
    for (let length = 0; length < bytes.length; length++) {
      if (wholeAt.includes(length)) continue;
      assert.throws(() => decode(bytes.subarray(0, length)), { code: 'KS-T111' }, `${length} bytes`);
    }
    assert.throws(() => decode(fromHex(`${hex}00`)), { code: 'KS-T111' });
  });
}

/** Byte arrays as hexadecimal, so that a Buffer and a Uint8Array of the same bytes are equal. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
