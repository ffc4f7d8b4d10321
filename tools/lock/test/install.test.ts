import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { oldNode } from '../../bootstrap/test/stage.ts';

/** The lock file in an empty folder, by real npm from the real registry: the one test that needs the network. */

const root = fileURLToPath(new URL('../../../', import.meta.url));
const WHAT_NPM_READS = [
  'package.json',
  'package-lock.json',
  '.npmrc',
  '{packages,examples}/*/package.json',
  'conformance/package.json',
];
const WHAT_IS_RUN = ['tools/{bootstrap,lock}/*.{ts,mjs}', 'packages/*/bin/*.mjs'];

const old = oldNode();
const reason =
  process.env.KEYSTILE_TEST_FULL !== '1'
    ? 'installs 200 packages; part of npm run test:full'
    : 'missing' in old
      ? old.missing
      : undefined;

for (const major of ['10', '11']) {
  test(`npm ${major} under an old Node installs the lock file as it is, and the bootstrap then runs Node 24`, {
    ...(reason === undefined ? {} : { skip: reason }),
  }, (t) => {
    assert.ok('path' in old);
    const folder = mkdtempSync(join(tmpdir(), `keystile-npm${major}-`));
    t.after(() => rmSync(folder, { recursive: true }));
    for (const path of globSync([...WHAT_NPM_READS, ...WHAT_IS_RUN], { cwd: root }))
      cpSync(join(root, path), join(folder, path));

    const withoutModules = (process.env.PATH ?? '').split(delimiter).filter((each) => !each.includes('node_modules'));
    const env = { ...process.env, PATH: withoutModules.join(delimiter) };
    const run = (program: string, args: string[]) => spawnSync(program, args, { cwd: folder, env, encoding: 'utf8' });
    const npm = (...args: string[]) => run('npx', ['--yes', `npm@${major}`, ...args]);

    assert.match(npm('--version').stdout, new RegExp(`^${major}\\.`));
    const installed = npm('ci', '--loglevel=error');
    assert.equal(installed.status, 0, installed.stderr);
    assert.equal(
      readFileSync(join(folder, 'package-lock.json'), 'utf8'),
      readFileSync(join(root, 'package-lock.json'), 'utf8'),
    );
    assert.ok(existsSync(join(folder, `node_modules/node-linux-${process.arch}/bin/node`)));
    // tools/lock is TypeScript, which the old Node cannot run.
    const checked = run(old.path, ['tools/bootstrap/run.mjs', 'lock']);
    assert.equal(checked.status, 0, checked.stderr);
  });
}
