import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { catalogue, isErrorCode, KeystileError } from '../src/index.ts';

test('every code has the form KS-<area><three digits>', () => {
  for (const code of Object.keys(catalogue)) assert.match(code, /^KS-[TPSLCDBAU]\d{3}$/);
});

test('causes and fixes are sentences, titles are not', () => {
  for (const [code, entry] of Object.entries(catalogue)) {
    assert.match(entry.cause, /^[A-Z0-9'`$].*\.$/s, `${code} cause`);
    assert.match(entry.fix, /^[A-Z0-9'`$].*\.$/s, `${code} fix`);
    assert.doesNotMatch(entry.title, /\.$/, `${code} title`);
  }
});

test('no code stands in two areas: spreading one over the other would lose it silently', async () => {
  const areas = new URL('../src/areas/', import.meta.url);
  const seen: string[] = [];
  for (const name of await readdir(areas)) {
    const text = await readFile(new URL(name, areas), 'utf8');
    seen.push(...[...text.matchAll(/^ {2}'(KS-[A-Z]\d{3})':/gm)].map((match) => match[1] ?? ''));
  }
  assert.deepEqual(seen.toSorted(), Object.keys(catalogue).toSorted());
});

test('an error carries its code, its sentence and the fix of the catalogue', () => {
  const error = new KeystileError('KS-U100', 'no such option: --frobnicate');
  assert.equal(error.message, 'KS-U100: no such option: --frobnicate');
  assert.equal(error.detail, 'no such option: --frobnicate');
  assert.equal(error.fix, catalogue['KS-U100'].fix);
  assert.deepEqual(JSON.parse(JSON.stringify(error)), { code: 'KS-U100', detail: error.detail, fix: error.fix });
});

test('a code is looked up by own keys only', () => {
  assert.equal(isErrorCode('KS-U100'), true);
  assert.equal(isErrorCode('constructor'), false);
});
