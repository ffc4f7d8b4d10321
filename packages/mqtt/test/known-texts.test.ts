import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8 } from '@keystile/bytes';
import { KnownTexts } from '../src/known-texts.ts';

function look(known: KnownTexts, text: string): string | undefined {
  const bytes = encodeUtf8(`..${text}..`);
  return known.find(bytes, 2, bytes.length - 4);
}

test('what was added after it was not found is found again, byte by byte the same and nothing like it', () => {
  const known = new KnownTexts();
  assert.equal(look(known, 'ac/one/state'), undefined);
  known.add('ac/one/state');
  assert.equal(look(known, 'ac/one/state'), 'ac/one/state');
  for (const other of ['ac/one/stat', 'ac/one/statf', 'ac/one/state ', 'bc/one/state', '']) {
    assert.equal(look(known, other), undefined);
  }
});

test('a text with characters of several bytes, and a long one, are not kept', () => {
  const known = new KnownTexts();
  for (const text of ['büro', '温度', 'x'.repeat(97)]) {
    assert.equal(look(known, text), undefined);
    known.add(text);
    assert.equal(look(known, text), undefined);
  }
});

test('thousands of texts displace each other, and none is ever taken for another', () => {
  const known = new KnownTexts();
  const texts = Array.from({ length: 5000 }, (_, at) => `room/${at * 7919}/x`);
  let found = 0;
  for (let round = 0; round < 2; round++) {
    for (const text of texts) {
      const seen = look(known, text);
      if (seen === undefined) known.add(text);
      else assert.equal(seen, text);
      found += seen === undefined ? 0 : 1;
    }
  }
  assert.ok(found < texts.length);
});
