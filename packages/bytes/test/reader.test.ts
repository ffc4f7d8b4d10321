import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteReader, BytesError } from '../src/index.ts';

test('integers are big endian and the cursor moves by their width', () => {
  const reader = new ByteReader(
    Uint8Array.of(
      ...[0x01], // u8
      ...[0x02, 0x03], // u16
      ...[0x04, 0x05, 0x06], // u24
      ...[0xff, 0x08, 0x09, 0x0a], // u32, high bit set
      ...[0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], // u64, the largest safe integer
    ),
  );
  assert.equal(reader.u8(), 0x01);
  assert.equal(reader.u16(), 0x0203);
  assert.equal(reader.u24(), 0x040506);
  assert.equal(reader.u32(), 0xff08090a);
  assert.equal(reader.u64(), Number.MAX_SAFE_INTEGER);
  assert.equal(reader.offset, 18);
  reader.end();
});

test('a 64-bit integer beyond 2^53 is an error, not a rounded number', () => {
  const reader = new ByteReader(Uint8Array.of(0x00, 0x20, 0, 0, 0, 0, 0, 0));
  assert.throws(() => reader.u64(), BytesError);
});

test('every read past the end throws and consumes nothing', () => {
  const reads: readonly ((reader: ByteReader) => unknown)[] = [
    (reader) => reader.u16(),
    (reader) => reader.u24(),
    (reader) => reader.u32(),
    (reader) => reader.u64(),
    (reader) => reader.bytes(2),
  ];
  for (const read of reads) {
    const reader = new ByteReader(Uint8Array.of(9));
    assert.throws(() => read(reader), BytesError);
    assert.equal(reader.remaining, 1);
  }
});

test('a vector whose length says more than there is throws', () => {
  assert.throws(() => new ByteReader(Uint8Array.of(2, 1)).vector8(), BytesError);
  assert.throws(() => new ByteReader(Uint8Array.of(0, 2, 1)).vector16(), BytesError);
  assert.throws(() => new ByteReader(Uint8Array.of(0, 0, 2, 1)).vector24(), BytesError);
});

test('end refuses bytes left over', () => {
  const reader = new ByteReader(Uint8Array.of(1, 2));
  reader.u8();
  assert.throws(() => reader.end(), /1 bytes left over/);
});

test('a reader over a slice of a larger buffer sees only the slice', () => {
  const reader = new ByteReader(Uint8Array.of(9, 1, 2, 9).subarray(1, 3));
  assert.equal(reader.u16(), 0x0102);
  assert.throws(() => reader.u8(), BytesError);
});
