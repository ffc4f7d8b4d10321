import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteReader, BytesError, ByteWriter } from '../src/index.ts';

test('what a writer writes, a reader reads, whatever the order and the sizes', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('u8' as const), value: fc.integer({ min: 0, max: 0xff }) }),
    fc.record({ kind: fc.constant('u16' as const), value: fc.integer({ min: 0, max: 0xffff }) }),
    fc.record({ kind: fc.constant('u24' as const), value: fc.integer({ min: 0, max: 0xffffff }) }),
    fc.record({ kind: fc.constant('u32' as const), value: fc.integer({ min: 0, max: 0xffffffff }) }),
    fc.record({ kind: fc.constant('u64' as const), value: fc.maxSafeNat() }),
  );
  fc.assert(
    fc.property(fc.array(step), fc.uint8Array({ maxLength: 300 }), (steps, blob) => {
      const writer = new ByteWriter(1);
      for (const { kind, value } of steps) writer[kind](value);
      writer.vector16(blob);
      const reader = new ByteReader(writer.finish());
      for (const { kind, value } of steps) assert.equal(reader[kind](), value);
      assert.deepEqual(new Uint8Array(reader.vector16()), blob);
      reader.end();
    }),
  );
});

test('a value that does not fit its width throws instead of wrapping', () => {
  assert.throws(() => new ByteWriter().u8(256), BytesError);
  assert.throws(() => new ByteWriter().u16(-1), BytesError);
  assert.throws(() => new ByteWriter().u24(0x1000000), BytesError);
  assert.throws(() => new ByteWriter().u32(1.5), BytesError);
  assert.throws(() => new ByteWriter().u64(2 ** 53), BytesError);
  assert.throws(() => new ByteWriter().vector8(new Uint8Array(256)), BytesError);
});
