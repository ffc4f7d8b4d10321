import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textFindings } from '../text.ts';

const said = (text: string) => textFindings('a.md', text).map(({ line, message }) => `${line}: ${message}`);

test('unfinished work is found at its line', () => {
  assert.deepEqual(said(`fine\n// ${'TO'}DO: later`), [`2: ${'TO'}DO: unfinished work belongs into an issue`]);
  assert.equal(said(`// ${'FIX'}ME`).length, 1);
});

test('a path of one machine is found, an address or a relative path that looks alike is not', () => {
  for (const text of [`see /${'root'}/notes`, `cd /${'work'}/main`, `'/${'root'}/x'`])
    assert.equal(said(text).length, 1, text);
  for (const text of [
    '../work/main',
    'https://example.org/work/x',
    'the root/work folders',
    '~/work/x',
    '/workers/a',
  ]) {
    assert.deepEqual(said(text), [], text);
  }
});

test('a registry host is found', () => {
  assert.equal(said(`"resolved": "https://${'registry'}.npmjs.org/x"`).length, 1);
  assert.deepEqual(said('the npm registry, and registry.parts.flatMap(f)'), []);
});
