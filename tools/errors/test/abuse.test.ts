import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { testFiles } from '../../test/files.ts';

const root = new URL('../../../', import.meta.url);
const text = readFileSync(new URL('docs/abuse.md', root), 'utf8');

/** The classes of the public record. */
const CLASSES = 28;

test('each row of docs/abuse.md names a test that runs, by its title', () => {
  const rows = [...text.matchAll(/^\| \d+ +\| .+ \| (\S+\.test\.ts): (.+?) +\|$/gm)];
  assert.ok(rows.length >= 35, `${rows.length} rows`);
  const running = new Set(testFiles(new URL('.', root).pathname));
  for (const [, file = '', title = ''] of rows) {
    assert.ok(running.has(file), `${file} is no test of npm test`);
    assert.ok(readFileSync(new URL(file, root), 'utf8').includes(title), `${file} has no '${title}'`);
  }
});

test('docs/abuse.md leaves out no class, and says of none both that it is tested and that it does not apply', () => {
  const [tested = '', notYet = ''] = text.split('## What does not apply yet');
  const numbersOf = (part: string): Set<number> =>
    new Set([...part.matchAll(/^\| (\d+) +\|/gm)].map(([, number]) => Number(number)));
  const [withTest, without] = [numbersOf(tested), numbersOf(notYet)];
  for (let number = 1; number <= CLASSES; number++) {
    assert.notEqual(withTest.has(number), without.has(number), `class ${number}`);
  }
});

test('no file of abuse is missing in docs/abuse.md', () => {
  const files = testFiles(new URL('.', root).pathname, ['packages/broker/test/abuse']);
  assert.ok(files.length >= 7);
  for (const file of files) assert.ok(text.includes(file), file);
});
