import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closureOf } from '../closure.ts';
import { loadTree } from '../tree.ts';
import { plantedTree } from './planted.ts';

test('the closure follows packages and their third parties, and leaves out what only types name', (t) => {
  const root = plantedTree(t, {
    'packages/chip/src/node/serve.ts': "import { a } from '../machine.ts';\nimport { createServer } from 'node:net';",
    'packages/chip/src/machine.ts': "import { here } from '@keystile/cose';\nimport type { Z } from 'zod';",
    'packages/cose/src/index.ts': "import { decode } from 'cborg';\nexport const here = 1;",
    'node_modules/cborg/package.json': '{"name":"cborg","dependencies":{"smuggled":"1"}}',
    'node_modules/smuggled/package.json': '{"name":"smuggled"}',
  });
  const closure = closureOf(loadTree(root), 'packages/chip/src/node/serve.ts');
  assert.deepEqual([...closure.modules].sort(), [
    'packages/chip/src/machine.ts',
    'packages/chip/src/node/serve.ts',
    'packages/cose/src/index.ts',
  ]);
  assert.deepEqual([...closure.thirdParty], ['cborg', 'smuggled']);
  assert.deepEqual([...closure.builtins], ['node:net']);
});

test('an import whose names are all types still loads its module, as Node erases only the names', (t) => {
  const root = plantedTree(t, { 'packages/chip/src/node/serve.ts': "import { type Z } from 'zod';" });
  assert.deepEqual([...closureOf(loadTree(root), 'packages/chip/src/node/serve.ts').thirdParty], ['zod']);
});

test('an entry that does not exist is an error, not an empty closure', (t) => {
  assert.throws(() => closureOf(loadTree(plantedTree(t)), 'packages/chip/src/node/serve.ts'), /does not exist/);
});
