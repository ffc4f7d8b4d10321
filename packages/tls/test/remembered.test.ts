import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Remembered } from '../src/remembered.ts';

it('makes a thing once, and forgets the one that was not asked for the longest', () => {
  const remembered = new Remembered<string>();
  let made = 0;
  const ask = (text: string): string => remembered.of(text, () => `${text} ${made++}`);
  assert.equal(ask('a'), 'a 0');
  for (let i = 1; i < 16; i++) ask(`other ${i}`);
  assert.equal(ask('a'), 'a 0');
  ask('one more');
  assert.equal(ask('a'), 'a 0');
  assert.equal(ask('other 1'), 'other 1 17');
});

it('keeps nothing of what could not be made', () => {
  const remembered = new Remembered<number>();
  const failing = (): number => {
    throw new Error('not a certificate');
  };
  assert.throws(() => remembered.of('a', failing), /not a certificate/);
  assert.equal(
    remembered.of('a', () => 7),
    7,
  );
});
