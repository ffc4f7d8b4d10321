import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

function runOn(t: TestContext, tree: Record<string, string>, args: readonly string[] = []) {
  const root = mkdtempSync(join(tmpdir(), 'keystile-runner-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  // Without this, Node takes the runner for a test file of ours and runs nothing.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout } = spawnSync(process.execPath, [main, '--root', root, ...args], { encoding: 'utf8', env });
  return { status, stdout, lastLine: stdout.trimEnd().split('\n').at(-1) };
}

const importTest = "import { describe, test } from 'node:test';\n";

test('the last line counts passes, failures and skips, and a skip is printed with its reason', (t) => {
  const run = runOn(t, {
    'packages/p/test/a.test.ts': `${importTest}test('one', () => {}); test('two', { skip: 'no such device' }, () => {});`,
    'tools/q/test/b.test.ts': `${importTest}describe('s', () => { test('three', () => {}); });`,
  });
  assert.equal(run.lastLine, '2 passed, 0 failed, 1 skipped');
  assert.match(run.stdout, /skipped {2}packages\/p\/test\/a\.test\.ts: two: no such device/);
  assert.equal(run.status, 0);
});

test('a failing test fails the run and shows what it expected', (t) => {
  const run = runOn(t, {
    'examples/e/test/a.test.ts': `${importTest}import assert from 'node:assert'; test('sum', () => assert.equal(1 + 1, 3));`,
  });
  assert.equal(run.lastLine, '0 passed, 1 failed, 0 skipped');
  assert.match(run.stdout, /FAILED {2}examples\/e\/test\/a\.test\.ts: sum/);
  assert.match(run.stdout, /2 == 3/);
  assert.equal(run.status, 1);
});

test('a file that throws on load, one without tests, and a tree without files each fail the run', (t) => {
  const throws = runOn(t, { 'packages/p/test/a.test.ts': "throw new Error('on load');" });
  assert.deepEqual([throws.lastLine, throws.status], ['0 passed, 1 failed, 0 skipped', 1]);
  const empty = runOn(t, { 'packages/p/test/a.test.ts': 'export {};' });
  assert.deepEqual([empty.lastLine, empty.status], ['0 passed, 1 failed, 0 skipped', 1]);
  const none = runOn(t, { 'packages/p/README.md': '' });
  assert.deepEqual([none.lastLine, none.status], ['0 passed, 1 failed, 0 skipped', 1]);
});

test('an argument narrows the run to the files whose path contains it', (t) => {
  const tree = {
    'packages/p/test/a.test.ts': `${importTest}test('one', () => {});`,
    'packages/q/test/b.test.ts': `${importTest}test('two', () => { throw new Error(); });`,
  };
  assert.equal(runOn(t, tree, ['packages/p']).lastLine, '1 passed, 0 failed, 0 skipped');
});
