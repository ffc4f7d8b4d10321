import assert from 'node:assert/strict';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeHomeFolder, markHome, writeRecord } from '../../src/home/create.ts';
import { HOME_FORMAT, type HomeRecord, inspectHome, requireHome } from '../../src/home/inspect.ts';
import { scratchHome } from '../scratch.ts';

const record: HomeRecord = {
  format: HOME_FORMAT,
  fleet: 'home',
  createdAt: '2026-11-23T08:00:00.000Z',
  device: { id: 'ac-abc123', serial: 'KS-000000abc123' },
  complete: true,
};

test('no folder and an empty folder are both absent', async (t) => {
  const paths = await scratchHome(t);
  assert.equal((await inspectHome(paths)).kind, 'absent');
  await makeHomeFolder(paths);
  assert.equal((await inspectHome(paths)).kind, 'absent');
  assert.equal((await stat(paths.home)).mode & 0o777, 0o700);
  await assert.rejects(requireHome(paths), { code: 'KS-U115' });
});

test('a home is half-written until its record is there, and complete from then on', async (t) => {
  const paths = await scratchHome(t);
  await makeHomeFolder(paths);
  await markHome(paths);
  assert.equal((await inspectHome(paths)).kind, 'half-written');
  await assert.rejects(requireHome(paths), { code: 'KS-U111', fix: /keystile reset/ });
  await writeRecord(paths, record);
  assert.deepEqual(await requireHome(paths), record);
  assert.equal((await stat(paths.record)).mode & 0o777, 0o600);
});

test('a record that was cut off counts as not written', async (t) => {
  const paths = await scratchHome(t);
  await makeHomeFolder(paths);
  await markHome(paths);
  await writeFile(paths.record, '{"format":1,"fle');
  assert.equal((await inspectHome(paths)).kind, 'half-written');
});

test('a record of another format is named as such', async (t) => {
  const paths = await scratchHome(t);
  await makeHomeFolder(paths);
  for (const format of [HOME_FORMAT - 1, HOME_FORMAT + 1]) {
    await writeFile(paths.record, JSON.stringify({ ...record, format }));
    await assert.rejects(inspectHome(paths), { code: 'KS-U124' });
  }
});

test("a folder with somebody else's files is foreign, whatever else lies in it", async (t) => {
  const paths = await scratchHome(t);
  await makeHomeFolder(paths);
  await markHome(paths);
  await writeRecord(paths, record);
  await mkdir(join(paths.home, 'photos'));
  assert.equal((await inspectHome(paths)).kind, 'foreign');
  await assert.rejects(requireHome(paths), { code: 'KS-U114', message: /photos/ });
});

test('files that an interrupted write left behind are ours', async (t) => {
  const paths = await scratchHome(t);
  await makeHomeFolder(paths);
  await markHome(paths);
  await writeRecord(paths, record);
  await writeFile(`${paths.record}.deadbeef.tmp`, '{');
  await writeFile(`${paths.lock}.deadbeef.tmp`, '1');
  assert.equal((await inspectHome(paths)).kind, 'complete');
});
