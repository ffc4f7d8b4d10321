import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeOnce } from '../../src/objects/made-once.ts';

test('what is made of an object is made once for that object, and anew for another one with the same bytes', () => {
  const calls: number[] = [];
  const lengthOf = madeOnce((bytes: Uint8Array) => {
    calls.push(bytes.length);
    return { length: bytes.length };
  });
  const held = Uint8Array.of(1, 2, 3);
  assert.equal(lengthOf(held), lengthOf(held));
  assert.notEqual(lengthOf(held), lengthOf(held.slice()));
  assert.deepEqual(calls, [3, 3]);
});

test('what could not be made is tried again', () => {
  let failures = 1;
  const make = madeOnce((_: object) => {
    if (failures-- > 0) throw new TypeError('not yet');
    return 'made';
  });
  const source = {};
  assert.throws(() => make(source), TypeError);
  assert.equal(make(source), 'made');
});
