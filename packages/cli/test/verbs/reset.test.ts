import assert from 'node:assert/strict';
import { access, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeHomeFolder, markHome } from '../../src/home/create.ts';
import { lockHome } from '../../src/home/lock.ts';
import type { HomePaths } from '../../src/home/paths.ts';
import { run } from '../keystile.ts';
import { scratchHome } from '../scratch.ts';

async function halfWritten(paths: HomePaths): Promise<void> {
  await makeHomeFolder(paths);
  await markHome(paths);
  await mkdir(join(paths.authority, 'root'), { recursive: true });
  await writeFile(join(paths.authority, 'root', 'key.pem'), 'secret', { mode: 0o600 });
}

test('it shows what it removes, and removes all of it', async (t) => {
  const paths = await scratchHome(t);
  await halfWritten(paths);
  const { code, stderr } = await run(['reset', '--yes', '--home', paths.home]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /authority +1 file, 1 KiB +root and issuing CAs/);
  await assert.rejects(access(paths.home));
});

test('without a terminal and without --yes nothing is removed', async (t) => {
  const paths = await scratchHome(t);
  await halfWritten(paths);
  const { code, stderr } = await run(['reset', '--home', paths.home], { input: 'y\n' });
  assert.equal(code, 2);
  assert.match(stderr, /KS-U120/);
  assert.deepEqual((await readdir(paths.home)).includes('authority'), true);
});

test("a folder that is not Keystile's is left alone, whatever its files are called", async (t) => {
  const paths = await scratchHome(t);
  await makeHomeFolder(paths);
  await mkdir(paths.device);
  const unmarked = await run(['reset', '--yes', '--home', paths.home]);
  assert.equal(unmarked.code, 1);
  assert.match(unmarked.stderr, /KS-U114/);
  await halfWritten(paths);
  await writeFile(join(paths.home, 'thesis.tex'), '');
  const { code, stderr } = await run(['reset', '--yes', '--home', paths.home]);
  assert.equal(code, 1);
  assert.match(stderr, /KS-U114.*thesis\.tex/);
  await access(join(paths.authority, 'root', 'key.pem'));
});

test('while an instance runs it refuses', async (t) => {
  const paths = await scratchHome(t);
  await halfWritten(paths);
  const lock = await lockHome(paths.lock);
  const { code, stderr } = await run(['reset', '--yes', '--home', paths.home]);
  assert.equal(code, 3);
  assert.match(stderr, new RegExp(`KS-U110: process ${process.pid} `));
  await lock.release();
});

test('a home that is not there is no error', async (t) => {
  const { home } = await scratchHome(t);
  const { code, stdout } = await run(['reset', '--json', '--home', home]);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), { ok: true, home, removed: [] });
});
