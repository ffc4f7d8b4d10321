import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type PartProcess, type SpawnPartOptions, spawnPart } from '@keystile/chip/node';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'ks-lock-'));
});
after(() => rmSync(folder, { recursive: true }));

/** Paths of a process of its own, but for the memory, which is `nvm`. */
function pathsOf(name: string, nvm = 'nvm'): SpawnPartOptions {
  const at = (file: string): string => join(folder, name, file);
  return { nvmFolder: join(folder, nvm), fuseFile: at('fuses'), busPath: at('bus'), controlPath: at('pins') };
}

async function kill(part: PartProcess, signal: NodeJS.Signals): Promise<void> {
  process.kill(part.pid, signal);
  await part.exited;
}

test('of processes that start on one memory at once, one gets it', async () => {
  const starts = await Promise.allSettled(['a', 'b', 'c'].map((name) => spawnPart(pathsOf(name))));
  const running = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const refusals = starts.flatMap((start) => (start.status === 'rejected' ? [start.reason.code] : []));
  assert.equal(running.length, 1);
  assert.deepEqual(refusals, ['KS-C135', 'KS-C135']);
  await Promise.all(running.map((part) => part.stop()));
});

test('a memory is the same by whatever name', async () => {
  const part = await spawnPart(pathsOf('a', 'memory'));
  symlinkSync(join(folder, 'memory'), join(folder, 'other-name'));
  await assert.rejects(spawnPart(pathsOf('b', 'other-name')), { code: 'KS-C135', detail: /memory is in use/ });
  await part.stop();
});

test('a process that stands still holds its memory, one that was killed leaves nothing behind', async () => {
  const part = await spawnPart(pathsOf('a'));
  process.kill(part.pid, 'SIGSTOP');
  await assert.rejects(spawnPart(pathsOf('b')), { code: 'KS-C135' });
  const before = readdirSync(join(folder, 'nvm'));
  await kill(part, 'SIGKILL');
  assert.deepEqual(readdirSync(join(folder, 'nvm')), before, 'no lock file');
  const next = await spawnPart(pathsOf('a'));
  assert.equal(next.fault, undefined);
  await assert.rejects(spawnPart(pathsOf('b')), { code: 'KS-C135' });
  await next.stop();
});

test('a process that cannot have its sockets ends, and gives back the memory', async () => {
  const part = await spawnPart(pathsOf('a', 'one'));
  const { controlPath } = pathsOf('a');
  await assert.rejects(spawnPart({ ...pathsOf('b', 'two'), controlPath }), { code: 'KS-L103' });
  const second = await spawnPart(pathsOf('b', 'two'));
  await Promise.all([part.stop(), second.stop()]);
});

test('of many parts in a process each has its memory to itself, and one that is taken ends them all', async () => {
  const many = await spawnPart({ ...pathsOf('many', 'm'), parts: 3 });
  assert.equal(many.parts.length, 3);
  await assert.rejects(spawnPart(pathsOf('b', 'm.2')), { code: 'KS-C135' });
  await many.stop();
  const one = await spawnPart(pathsOf('b', 'm.2'));
  await assert.rejects(spawnPart({ ...pathsOf('many', 'm'), parts: 3 }), { code: 'KS-C135', detail: /m\.2 is in use/ });
  await one.stop();
  await (await spawnPart({ ...pathsOf('many', 'm'), parts: 3 })).stop();
});

test('fuses inside the memory are refused', async () => {
  const { nvmFolder, ...paths } = pathsOf('d', 'memory');
  const fuseFile = join(nvmFolder, 'fuses');
  await assert.rejects(spawnPart({ ...paths, nvmFolder, fuseFile }), { code: 'KS-C240' });
});
