import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BytesError, concatBytes, decodeUtf8, encodeUtf8, equalPublicBytes, fromHex, toHex } from '../src/index.ts';

test('ill-formed UTF-8 is refused: overlong, surrogate, truncated', () => {
  for (const hex of ['c080', 'eda080', 'e282', 'ff']) assert.throws(() => decodeUtf8(fromHex(hex)), BytesError, hex);
});

test('a byte order mark survives as the character that it is', () => {
  const text = '\uFEFFa';
  assert.equal(decodeUtf8(encodeUtf8(text)), text);
});

test('hexadecimal round-trips and refuses anything else', () => {
  assert.equal(toHex(fromHex('00fFa0')), '00ffa0');
  for (const text of ['0', 'zz', '0x', ' 00']) assert.throws(() => fromHex(text), BytesError);
});

test('joining and comparing look at every byte', () => {
  assert.deepEqual(concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3)), Uint8Array.of(1, 2, 3));
  assert.equal(equalPublicBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)), true);
  assert.equal(equalPublicBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), false);
  assert.equal(equalPublicBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3)), false);
});
