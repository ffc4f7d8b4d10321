import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { catalogue } from '../../../packages/errors/src/index.ts';
import { errorsDocument } from '../document.ts';

const document = new URL('../../../docs/ERRORS.md', import.meta.url);

test('docs/ERRORS.md holds every code of the catalogue with its title, cause and fix, and no other code', () => {
  const text = readFileSync(document, 'utf8');
  for (const [code, { title, cause, fix }] of Object.entries(catalogue)) {
    assert.ok(text.includes(`### ${code}: ${title}\n\n${cause}\n\n**Fix.** ${fix}\n`), `${code}; run: npm run errors`);
  }
  const headings = [...text.matchAll(/^### (KS-\w+)/gm)].map((match) => match[1] ?? '');
  assert.deepEqual(headings.toSorted(), Object.keys(catalogue).toSorted());
});

test('a code of an unknown area is an error, not a silent omission', () => {
  const entry = { fault: 'misuse', title: 't', cause: 'C.', fix: 'F.' } as const;
  assert.throws(() => errorsDocument({ 'KS-Z100': entry }), /belongs to no area/);
});
