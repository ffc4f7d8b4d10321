import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeFindings, FILE_LINES_MAX, FUNCTION_LINES_MAX } from '../code.ts';

const said = (text: string) =>
  codeFindings('a.ts', text).map(({ line, message, severity }) => `${severity} ${line}: ${message}`);
const lines = (count: number) => 'x();\n'.repeat(count);

test('a function past the limit is a finding, a long one a hint, and a suite neither', () => {
  assert.deepEqual(said(`\nfunction f() {\n${lines(FUNCTION_LINES_MAX)}}`), [
    `finding 2: a function of ${FUNCTION_LINES_MAX + 2} lines`,
  ]);
  assert.deepEqual(said(`const f = () => {\n${lines(45)}};`), ['hint 1: a function of 47 lines']);
  assert.deepEqual(said(`class A { m() {\n${lines(45)}} }`), ['hint 1: a function of 47 lines']);
  assert.deepEqual(said(`describe('s', () => {\n${lines(200)}});`), []);
  assert.deepEqual(said(`test('t', () => {\n${lines(100)}});`), ['finding 1: a function of 102 lines']);
});

test('a file past the limit is a finding, a long one a hint', () => {
  assert.deepEqual(said(lines(FILE_LINES_MAX + 1)), [`finding 1: ${FILE_LINES_MAX + 1} lines`]);
  assert.deepEqual(said(lines(400)), ['hint 1: 400 lines']);
  assert.deepEqual(said(lines(FILE_LINES_MAX / 2)), []);
});

test('a cast to any and export * are found, the words in a comment or a string are not', () => {
  assert.deepEqual(said('export const a = b as any;'), ['finding 1: a cast to any']);
  assert.deepEqual(said("export * from './b.ts';"), ['finding 1: export * hides what a module gives']);
  assert.deepEqual(said("// as any; export * from 'x'\nexport const s = 'any';\nexport * as b from './b.ts';"), []);
});

test('declarations with empty names are found; names of others and standard nouns are not', () => {
  for (const text of ['class KeyManager {}', 'const pathUtils = 1;', 'function helper() {}', 'type CommonPart = 1;']) {
    assert.equal(said(text).length, 1, text);
  }
  for (const text of [
    "import { inspect } from 'node:util';",
    'const commonName = 1;',
    'const nothingInCommon = 1;',
    'x.helper();',
  ]) {
    assert.deepEqual(said(text), [], text);
  }
});
