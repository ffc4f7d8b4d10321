import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockHolder, lockHome } from '../../src/home/lock.ts';
import { scratchFolder } from '../scratch.ts';

test('a second instance is refused and the error names the process that holds the lock', async (t) => {
  const path = join(await scratchFolder(t), 'lock');
  const lock = await lockHome(path);
  await assert.rejects(lockHome(path), { code: 'KS-U110', message: new RegExp(`process ${process.pid} `) });
  assert.equal(await lockHolder(path), process.pid);
  await lock.release();
  assert.equal(await lockHolder(path), undefined);
  await (await lockHome(path)).release();
});

test('the lock of a process that is gone is stale and is taken over', async (t) => {
  const path = join(await scratchFolder(t), 'lock');
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  await writeFile(path, `${child.pid} 12345\n`);
  assert.equal(await lockHolder(path), undefined);
  const lock = await lockHome(path);
  assert.equal(await lockHolder(path), process.pid);
  await lock.release();
});

test('a process number that went to another program does not keep a lock alive', async (t) => {
  const path = join(await scratchFolder(t), 'lock');
  await writeFile(path, `${process.pid} 1\n`);
  assert.equal(await lockHolder(path), undefined);
});

test('a lock file that was cut off is stale', async (t) => {
  const path = join(await scratchFolder(t), 'lock');
  for (const text of ['', '12', 'x\n']) {
    await writeFile(path, text);
    await (await lockHome(path)).release();
  }
});

test('of many that start at once exactly one gets the lock, and nothing is left beside it', async (t) => {
  const folder = await scratchFolder(t);
  const path = join(folder, 'lock');
  await writeFile(path, '999999999 1\n');
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lockHome(path)));
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.deepEqual(await readdir(folder), ['lock']);
  assert.match(await readFile(path, 'utf8'), new RegExp(`^${process.pid} `));
});
