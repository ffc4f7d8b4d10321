import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseModule, walk } from '../module.ts';

test('every node is visited with its ancestors, and offsets give lines', () => {
  const module = parseModule('a.ts', 'const a: number = 1;\nclass B<T> { #c = f(a); }\n');
  const seen: string[] = [];
  walk(module.program, (node, ancestors) => {
    if (node.type === 'Identifier') seen.push(`${module.lineOf(node.start)} ${node.name} in ${ancestors.at(-1)?.type}`);
  });
  assert.deepEqual(seen, [
    '1 a in VariableDeclarator',
    '2 B in ClassDeclaration',
    '2 T in TSTypeParameter',
    '2 f in CallExpression',
    '2 a in CallExpression',
  ]);
});

test('a module with a syntax error is refused with its path', () => {
  assert.throws(() => parseModule('src/broken.ts', 'const = ;'), /^Error: src\/broken\.ts: /);
});
