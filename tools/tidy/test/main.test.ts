import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

function tidyOn(t: TestContext, tree: Record<string, string>) {
  const root = mkdtempSync(join(tmpdir(), 'keystile-tidy-'));
  t.after(() => rmSync(root, { recursive: true }));
  execFileSync('git', ['init', '--quiet'], { cwd: root });
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return spawnSync(process.execPath, [main, '--root', root], { encoding: 'utf8' });
}

const readme = 'What it is.\n'.repeat(5);

test('a clean tree passes and says how many files were seen', (t) => {
  const run = tidyOn(t, {
    'packages/p/package.json': '{}',
    'packages/p/README.md': readme,
    'packages/p/src/a.ts': 'export {};',
  });
  assert.equal(run.stderr, '');
  assert.match(run.stdout, /^3 files, 0 hints/);
  assert.equal(run.status, 0);
});

test('a package without a README, or with an empty one, is refused', (t) => {
  const run = tidyOn(t, {
    'packages/p/package.json': '{}',
    'examples/e/package.json': '{}',
    'examples/e/README.md': '# e\n',
  });
  assert.match(run.stderr, /packages\/p\/package\.json:1: the package has no README/);
  assert.match(run.stderr, /examples\/e\/README\.md:1: a README says/);
  assert.equal(run.status, 1);
});

test('an empty file name is refused, and files that git ignores are not looked at', (t) => {
  const run = tidyOn(t, {
    '.gitignore': 'out/\n',
    'out/a.ts': 'not code at all (',
    'packages/p/src/byte-utils.ts': 'export {};',
  });
  assert.match(run.stderr, /byte-utils\.ts:1: a path with "utils" says nothing/);
  assert.doesNotMatch(run.stderr, /out\/a\.ts/);
  assert.equal(run.status, 1);
});

test('a tree without files fails: nothing seen is not a pass', (t) => {
  assert.equal(tidyOn(t, {}).status, 1);
});
