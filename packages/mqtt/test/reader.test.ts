import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concatBytes, encodeUtf8 } from '@keystile/bytes';
import { PacketReader } from '../src/reader.ts';
import { isWellFormedText } from '../src/text.ts';
import { PacketWriter } from '../src/writer.ts';
import { bytesOf, faultOf } from './support/vectors.ts';

const context = { packet: 'publish', version: 5 } as const;
const reader = (...wire: readonly string[]): PacketReader => new PacketReader(bytesOf(wire), context);

describe('PacketReader', () => {
  it('reads variable byte integers in their shortest form only (table 1-1)', () => {
    for (const [wire, value] of [
      ['00', 0],
      ['7f', 127],
      ['8001', 128],
      ['ff7f', 16_383],
      ['808001', 16_384],
      ['ffff7f', 2_097_151],
      ['80808001', 2_097_152],
      ['ffffff7f', 268_435_455],
    ] as const) {
      assert.equal(reader(wire).variableInteger(), value);
      const written = new PacketWriter(0).variableInteger(value).finish(0).subarray(2);
      assert.deepEqual(written, bytesOf([wire]));
    }
    for (const wire of ['8000', 'ff00', '808000', '80808000', '8080808001', 'ffffffff']) {
      assert.equal(faultOf(() => reader(wire).variableInteger()).fault, 'variable-integer', wire);
    }
    for (const wire of ['', '80', 'ffffff']) {
      assert.equal(faultOf(() => reader(wire).variableInteger()).fault, 'truncated', wire);
    }
  });

  it('reads integers of two and four bytes without a sign', () => {
    assert.equal(reader('ffff').u16(), 65_535);
    assert.equal(reader('ffffffff').u32(), 4_294_967_295);
    assert.equal(reader('80000000').u32(), 2_147_483_648);
  });

  it('reads strings of every length alike, on the short way and on the long one', () => {
    for (const length of [0, 1, 47, 48, 49, 50, 1000, 65_535]) {
      const value = 'x'.repeat(length);
      const bytes = concatBytes(Uint8Array.of(length >> 8, length & 0xff), encodeUtf8(value));
      assert.equal(new PacketReader(bytes, context).text(), value);
    }
  });

  it('takes exactly the characters that its twin takes, one code point after the other', () => {
    for (let point = 0; point <= 0x1_1000; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      const value = `a${String.fromCodePoint(point)}b`;
      const bytes = encodeUtf8(value);
      const read = (): string => new PacketReader(concatBytes(Uint8Array.of(0, bytes.length), bytes), context).text();
      if (isWellFormedText(value)) assert.equal(read(), value);
      else assert.equal(faultOf(read).fault, 'utf8');
    }
  });

  it('never reads past a narrowed end', () => {
    const cursor = reader('aabbcc');
    const outerEnd = cursor.narrow(1);
    assert.equal(faultOf(() => cursor.u16()).fault, 'truncated');
    assert.equal(cursor.u8(), 0xaa);
    assert.equal(cursor.remaining, 0);
    cursor.widen(outerEnd);
    assert.equal(cursor.u16(), 0xbbcc);
    assert.equal(faultOf(() => cursor.narrow(1)).fault, 'truncated');
  });

  it('says what it found, where', () => {
    const error = faultOf(() => reader('00').end());
    assert.deepEqual([error.fault, error.packet, error.version], ['trailing-bytes', 'publish', 5]);
  });
});
