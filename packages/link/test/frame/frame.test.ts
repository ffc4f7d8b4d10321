import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex } from '@keystile/bytes';
import { crc16 } from '../../src/frame/crc16.ts';
import { decodeFrame, encodeFrame, type Frame } from '../../src/frame/frame.ts';

test('the CRC is CRC-16/IBM-3740: its check value over "123456789" is 0x29B1', () => {
  assert.equal(crc16(Buffer.from('123456789')), 0x29b1);
});

const vectors: readonly (readonly [Frame, string])[] = [
  [
    { sequence: 1, kind: 'data', more: false, secured: false, payload: Uint8Array.of(0x01) },
    'a7' + // start
      '20' + // version 1, data
      '01' + // sequence
      '0001' + // length
      '01' + // payload
      '4c1c', // CRC
  ],
  [
    { sequence: 255, kind: 'data', more: true, secured: true, payload: Uint8Array.of(0xde, 0xad) },
    'a7' + '38' + 'ff' + '0002' + 'dead' + '4a7e',
  ],
  [
    { sequence: 0, kind: 'busy', more: false, secured: false, payload: new Uint8Array(0) },
    'a7' + '22' + '00' + '0000' + '5ee6',
  ],
];

for (const [frame, hex] of vectors) {
  test(`${frame.kind} ${frame.sequence} is ${hex}`, () => {
    assert.equal(toHex(encodeFrame(frame)), hex);
    assert.deepEqual(decodeFrame(fromHex(hex), 1024), frame);
  });

  test(`${frame.kind} ${frame.sequence} with any one bit flipped is no frame`, () => {
    const bytes = fromHex(hex);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.equal(decodeFrame(damaged, 1024), undefined, `bit ${bit}`);
    }
  });
}

test('a frame that is cut short, too long or over the payload limit is no frame', () => {
  const bytes = fromHex(vectors[1]?.[1] ?? '');
  for (let length = 0; length < bytes.length; length++)
    assert.equal(decodeFrame(bytes.subarray(0, length), 1024), undefined);
  assert.equal(decodeFrame(Buffer.concat([bytes, Uint8Array.of(0)]), 1024), undefined);
  assert.equal(decodeFrame(bytes, 1), undefined);
});
