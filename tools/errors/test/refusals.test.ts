import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { catalogue } from '../../../packages/errors/src/index.ts';
import { testFiles } from '../../test/files.ts';

const root = new URL('../../../', import.meta.url);

test('each row of docs/refusals.md names a code of the catalogue and a test that runs and looks for it', () => {
  const text = readFileSync(new URL('docs/refusals.md', root), 'utf8');
  const rows = [...text.matchAll(/^\| .+ \| (KS-\w+) +\| (\S+) +\|$/gm)].map(([, code = '', file = '']) => ({
    code,
    file,
  }));
  assert.ok(rows.length >= 30, `${rows.length} rows`);
  const running = new Set(testFiles(new URL('.', root).pathname));
  for (const { code, file } of rows) {
    assert.ok(Object.hasOwn(catalogue, code), code);
    assert.ok(running.has(file), `${file} is no test of npm test`);
    assert.ok(readFileSync(new URL(file, root), 'utf8').includes(code), `${file} does not look for ${code}`);
  }
});

test('no refusal of the secure IC is missing in docs/refusals.md', () => {
  const text = readFileSync(new URL('docs/refusals.md', root), 'utf8');
  const files = testFiles(new URL('.', root).pathname).filter((file) =>
    file.startsWith('packages/chip/test/refusals/'),
  );
  assert.ok(files.length >= 14);
  for (const file of files) assert.ok(text.includes(`| ${file} `), file);
});
