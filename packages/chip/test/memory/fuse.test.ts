import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { KeystileError } from '@keystile/errors';
import { MemorySlots } from '@keystile/testkit/memory-slots';
import { FUSE_RECORD_LENGTH, Fuses, latchTamper } from '../../src/memory/fuse.ts';

let seed = 0;
const random = (length: number): Uint8Array => new Uint8Array(length).fill(++seed);
const name = new Uint8Array(32).fill(0xaa);

test('a record is as long as the file is cut for', () => {
  const slots = new MemorySlots();
  Fuses.burn(slots, random);
  assert.equal(slots.read(0)?.length, FUSE_RECORD_LENGTH);
});

test('the newer of two records counts, and a cut in the write of one leaves the other', () => {
  const slots = new MemorySlots();
  const fuses = Fuses.burn(slots, random);
  for (let generation = 1; generation <= 5; generation++) {
    const before = slots.copy();
    fuses.advance(generation, name);
    const after = slots.copy();
    assert.equal(Fuses.open(slots)?.record.generation, generation);
    for (let length = 0; length < FUSE_RECORD_LENGTH; length++) {
      // The slot that was written is the one that differs.
      const cut = before.map((old, slot) => (same(old, after[slot]) ? old : after[slot]?.subarray(0, length)));
      const torn = new MemorySlots();
      torn.putBack([cut[0], cut[1]]);
      assert.equal(Fuses.open(torn)?.record.generation, generation - 1, `${length} bytes`);
    }
  }
});

function same(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return Buffer.compare(one ?? new Uint8Array(0), other ?? new Uint8Array(0)) === 0;
}

test('no whole record is a damaged file, no record at all is none', () => {
  const slots = new MemorySlots();
  assert.equal(Fuses.open(slots), undefined);
  slots.write(0, new Uint8Array(FUSE_RECORD_LENGTH));
  assert.equal(Fuses.open(slots), undefined, 'zeros are what a file has before its second record');
  slots.write(0, new Uint8Array(FUSE_RECORD_LENGTH).fill(1));
  assert.throws(() => Fuses.open(slots), { code: 'KS-C134' });
  const whole = new MemorySlots();
  Fuses.burn(whole, random);
  for (let at = 0; at < FUSE_RECORD_LENGTH; at++) {
    whole.flip(0, at);
    assert.throws(() => Fuses.open(whole), { code: 'KS-C134' }, `byte ${at}`);
    whole.flip(0, at);
  }
  assert.notEqual(Fuses.open(whole), undefined);
});

test('a tamper event overwrites the wrapping key in both records and leaves the rest', () => {
  const slots = new MemorySlots();
  const fuses = Fuses.burn(slots, random);
  fuses.advance(1, name);
  const { wrappingKey, memoryKey, partTag } = fuses.record;
  const key = wrappingKey.slice();
  assert.equal(holds(slots, key), true, 'it was there');
  fuses.latchTamper('glitch');
  assert.equal(holds(slots, key), false);
  const reopened = Fuses.open(slots)?.record;
  assert.partialDeepStrictEqual(reopened, { tamperCause: 'glitch', memoryKey, partTag, generation: 1 });
  assert.deepEqual(reopened?.wrappingKey, new Uint8Array(32));
  assert.deepEqual(wrappingKey, new Uint8Array(32), 'and whoever still held it here holds zeros');
});

test('the first cause stays, and what comes after the event stays tampered', () => {
  const slots = new MemorySlots();
  const fuses = Fuses.burn(slots, random);
  fuses.latchTamper('temperature');
  fuses.latchTamper('pin');
  fuses.advance(1, name);
  fuses.advance(2, name);
  assert.partialDeepStrictEqual(Fuses.open(slots)?.record, { tamperCause: 'temperature', generation: 2 });
});

test('an event that the storage cannot hold still ends the keys here, and is tried again', () => {
  const slots = new MemorySlots();
  let isFull = false;
  const fuses = Fuses.burn(
    {
      read: (slot) => slots.read(slot),
      write: (slot, bytes) => {
        if (isFull) throw new KeystileError('KS-C136', 'no space');
        slots.write(slot, bytes);
      },
    },
    random,
  );
  isFull = true;
  assert.throws(() => fuses.latchTamper('pin'), { code: 'KS-C136' });
  assert.equal(fuses.record.tamperCause, 'pin');
  assert.deepEqual(fuses.record.wrappingKey, new Uint8Array(32));
  assert.equal(Fuses.open(slots)?.record.tamperCause, undefined, 'without power it would be forgotten');
  isFull = false;
  fuses.latchTamper('glitch');
  assert.equal(Fuses.open(slots)?.record.tamperCause, 'pin');
});

test('a cause that only a later firmware knows is a tamper event', () => {
  const slots = new MemorySlots();
  Fuses.burn(slots, random);
  const record = slots.read(0) ?? new Uint8Array(0);
  const at = FUSE_RECORD_LENGTH - 33;
  record[at] = 200;
  record.set(
    createHash('sha256')
      .update(record.subarray(0, at + 1))
      .digest(),
    at + 1,
  );
  slots.write(0, record);
  assert.notEqual(Fuses.open(slots)?.record.tamperCause, undefined);
});

test('the latch alone does nothing to a place without fuses', () => {
  const slots = new MemorySlots();
  latchTamper(slots, 'pin');
  assert.equal(slots.read(0), undefined);
});

function holds(slots: MemorySlots, key: Uint8Array): boolean {
  return slots.copy().some((bytes) => bytes !== undefined && Buffer.from(bytes).includes(Buffer.from(key)));
}
