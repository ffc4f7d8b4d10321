import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { exitCodes } from '../../../packages/cli/src/terminal/exit-codes.ts';
import { catalogue } from '../../../packages/errors/src/index.ts';
import { fakeNpm, installInto, oldNode, stage } from './stage.ts';

const old = oldNode();
const oldPath = 'path' in old ? old.path : process.execPath;
const needsOldNode = 'missing' in old ? { skip: old.missing } : {};

const tellsAboutItself = `
  console.log(JSON.stringify({
    major: Number.parseInt(process.versions.node, 10), args: process.argv.slice(2), firstOnPath: process.env.PATH?.split(':')[0],
  }));
  process.exitCode = 7;`;

test(
  'an old Node runs the product under Node 24, with its arguments, its exit code and nothing else on stdout',
  needsOldNode,
  (t) => {
    const { folder, run } = stage(t, tellsAboutItself);
    installInto(folder);
    const result = run(oldPath, ['start', '--once', '--json']);
    assert.deepEqual(JSON.parse(result.stdout), {
      major: 24,
      args: ['up', '--once', '--json'],
      firstOnPath: join(folder, 'node_modules', `node-linux-${process.arch}`, 'bin'),
    });
    assert.equal(result.stderr, '');
    assert.equal(result.status, 7);
  },
);

test('a Node that is new enough runs the product itself', (t) => {
  const { folder, run } = stage(t, tellsAboutItself);
  installInto(folder);
  const told = JSON.parse(run(process.execPath, ['keystile', 'status']).stdout);
  assert.deepEqual(told.args, ['status']);
  assert.equal(told.firstOnPath, dirname(process.execPath));
});

test('npm start prints nothing of its own before the product, so that its output can be piped', (t) => {
  const { folder } = stage(t, tellsAboutItself);
  installInto(folder);
  cpSync(new URL('../../../.npmrc', import.meta.url), join(folder, '.npmrc'));
  writeFileSync(
    join(folder, 'package.json'),
    '{"name":"clone","version":"0.1.0","type":"module","scripts":{"start":"node tools/bootstrap/run.mjs start"}}',
  );
  const result = spawnSync('npm', ['start', '--', '--once', '--json'], { cwd: folder, encoding: 'utf8' });
  assert.deepEqual(JSON.parse(result.stdout).args, ['up', '--once', '--json']);
  assert.equal(result.status, 7);
});

test('without node_modules it installs first, says so in one line, and keeps npm off stdout', (t) => {
  const { folder, run } = stage(t, "console.log('product');");
  const result = run(process.execPath, ['start'], fakeNpm(folder, []));
  assert.equal(result.stdout, 'product\n');
  assert.match(result.stderr, /^keystile: installing .*\n$/);
  assert.match(readFileSync(join(folder, 'npm-calls'), 'utf8'), /^ci .*\n$/);
});

test('it installs again when the lock file is newer, and not when it is older', (t) => {
  const { folder, run } = stage(t, '');
  const npm = fakeNpm(folder, []);
  installInto(folder);
  run(process.execPath, ['start'], npm);
  assert.equal(existsSync(join(folder, 'npm-calls')), false);
  const later = Date.now() / 1000 + 60;
  utimesSync(join(folder, 'package-lock.json'), later, later);
  run(process.execPath, ['start'], npm);
  assert.match(readFileSync(join(folder, 'npm-calls'), 'utf8'), /^ci /);
});

test('when npm ci refuses, npm install is tried', (t) => {
  const { folder, run } = stage(t, "console.log('product');");
  assert.equal(run(process.execPath, ['start'], fakeNpm(folder, ['ci'])).stdout, 'product\n');
  assert.match(readFileSync(join(folder, 'npm-calls'), 'utf8'), /^ci .*\ninstall .*\n$/);
});

test('when npm cannot install, the answer has the code, what npm said and the fix', (t) => {
  const { folder, run } = stage(t, "console.log('product');");
  const result = run(process.execPath, ['start'], fakeNpm(folder, ['ci', 'install']));
  assert.equal(result.status, exitCodes.environment);
  assert.equal(result.stdout, '');
  assert.match(result.stderr, /KS-U901: /);
  assert.match(result.stderr, /\| npm error ci refused/);
  assert.ok(result.stderr.includes(catalogue['KS-U901'].fix));
});

test('an old Node without the platform package is told what to install', needsOldNode, (t) => {
  const { folder, run } = stage(t, "console.log('product');");
  const result = run(oldPath, ['start'], fakeNpm(folder, []));
  assert.equal(result.status, exitCodes.environment);
  assert.match(result.stderr, /KS-U900: this is Node v\d+/);
  assert.ok(result.stderr.includes(catalogue['KS-U900'].fix));
});

test('an unknown command is refused with the list of those that exist', (t) => {
  const result = stage(t, '').run(process.execPath, ['frobnicate']);
  assert.equal(result.status, exitCodes.usage);
  assert.match(result.stderr, /KS-U100: no such command: frobnicate; there are start, /);
});
