import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { spawnPart } from '@keystile/chip/node';
import { commands } from '@keystile/link';
import { ProcessPart } from '@keystile/testkit/field';
import { permissionFlags } from '../../src/node/permissions.ts';

let part: ProcessPart;
/** To be killed, cut and refused. */
const spare = new ProcessPart();
const orphan = new ProcessPart();
before(async () => {
  part = await ProcessPart.start();
});
after(() => Promise.all([part.remove(), spare.remove(), orphan.remove()]));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

test('memory, fuses and sockets are for the owner alone', () => {
  assert.equal(modeOf(part.nvmFolder), 0o700);
  assert.equal(modeOf(part.fuseFile), 0o600);
  assert.equal(modeOf(part.busPath), 0o600);
  assert.equal(modeOf(part.controlPath), 0o600);
});

test('a second process does not get the same memory', async () => {
  const other = join(part.folder, 'other');
  const paths = { fuseFile: join(other, 'fuses'), busPath: join(other, 'b'), controlPath: join(other, 'c') };
  await assert.rejects(spawnPart({ ...paths, nvmFolder: part.nvmFolder }), {
    code: 'KS-C135',
    detail: /nvm is in use/,
  });
});

test('nor the same fuses with a copy of the memory: one identity is one process', async () => {
  const other = join(part.folder, 'other');
  const paths = { fuseFile: part.fuseFile, busPath: join(other, 'b'), controlPath: join(other, 'c') };
  const copied = { ...paths, nvmFolder: part.copyNvm() };
  await assert.rejects(spawnPart(copied), { code: 'KS-C135', detail: /fuses is in use/ });
});

test('a path that fits no socket is refused with its reason', async () => {
  const { nvmFolder, fuseFile, controlPath } = spare;
  const busPath = join(spare.folder, 'x'.repeat(120));
  await assert.rejects(spawnPart({ nvmFolder, fuseFile, controlPath, busPath }), { code: 'KS-L105' });
});

test('SIGKILL loses nothing that was answered', async () => {
  await spare.start();
  await spare.call(commands.makerBegin, { serial: 'KS-000001', model: 'M' });
  const { exited, pid } = spare.process;
  process.kill(pid, 'SIGKILL');
  await exited;
  await spare.restart();
  assert.equal((await spare.call(commands.info, {})).serial, 'KS-000001');
});

test('a power cut ends the process in the middle of a write, and the part starts again with its old state', async () => {
  await spare.pin({ op: 'power-cut', atWrite: 1 });
  const { exited } = spare.process;
  await assert.rejects(spare.pin({ op: 'tamper', cause: 'pin' }));
  assert.equal((await exited).signal, 'SIGKILL');
  await spare.restart();
  assert.partialDeepStrictEqual(await spare.call(commands.status, {}), { tampered: false, lifeCycle: 'unmade' });
});

test('memory or fuses that others may open are refused, each with its mode', async () => {
  await spare.stop();
  chmodSync(spare.nvmFolder, 0o750);
  await assert.rejects(spare.start(), { code: 'KS-C137', detail: /nvm has mode 0750/ });
  chmodSync(spare.nvmFolder, 0o700);
  chmodSync(spare.fuseFile, 0o604);
  await assert.rejects(spare.start(), { code: 'KS-C137', detail: /fuses has mode 0604/ });
});

test('the part does not outlive its parent', async () => {
  const { nvmFolder, fuseFile, busPath, controlPath } = orphan;
  const paths = JSON.stringify({ nvmFolder, fuseFile, busPath, controlPath });
  const index = join(import.meta.dirname, '../../src/node/index.ts');
  const script = `const { spawnPart } = await import(${JSON.stringify(index)}); console.log((await spawnPart(${paths})).pid)`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  assert.equal(process.kill(pid, 0), true, 'it runs');
  parent.kill('SIGKILL');
  const deadline = Date.now() + 10_000;
  while (isAlive(pid) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(isAlive(pid), false);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** What code in the part's process would meet, whatever got it there. */
const attempts: Readonly<Record<string, string>> = {
  'read a file of the host': `require('node:fs').readFileSync('/etc/hostname')`,
  'list the folder of its own folder': `require('node:fs').readdirSync(require('node:path').dirname(process.argv[1]))`,
  'write beside its memory': `require('node:fs').writeFileSync(process.argv[1] + '.copy', '')`,
  'write its tamper latch': `require('node:fs').writeFileSync(process.argv[3] + '.latch', '')`,
  'write to its code': `require('node:fs').writeFileSync(process.argv[2], '')`,
  'start a process': `require('node:child_process').execFileSync(process.execPath, ['-v'])`,
  'start a worker': `new (require('node:worker_threads').Worker)('0', { eval: true })`,
  'load an add-on': `process.dlopen({ exports: {} }, process.argv[1] + '/x.node')`,
  'open the inspector': `require('node:inspector').open(0); if (!require('node:inspector').url()) throw { code: 'ERR_ACCESS_DENIED' }`,
};

for (const [attempt, code] of Object.entries(attempts)) {
  test(`the permissions of the process do not let it ${attempt}`, async () => {
    const { nvmFolder, fuseFile, busPath, controlPath } = part;
    const flags = permissionFlags({ nvmFolder: realpathSync(nvmFolder), fuseFile, busPath, controlPath });
    const script = `try { ${code}; console.log('allowed'); } catch (error) { console.log(error.code); }`;
    const own = join(import.meta.dirname, '../../src/index.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', script, nvmFolder, own, fuseFile], {
      env: {},
    });
    assert.match(stdout, /^ERR_(ACCESS_DENIED|DLOPEN_DISABLED)/);
  });
}

test('and let it do what it must: read its code, read and write its memory', async () => {
  const { nvmFolder, fuseFile, busPath, controlPath } = part;
  const flags = permissionFlags({ nvmFolder: realpathSync(nvmFolder), fuseFile, busPath, controlPath });
  const own = join(import.meta.dirname, '../../src/index.ts');
  const script = `const fs = require('node:fs'); fs.readFileSync(process.argv[2]); fs.writeFileSync(process.argv[1] + '/try', '1'); console.log('allowed')`;
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', script, nvmFolder, own], { env: {} });
  assert.equal(stdout, 'allowed\n');
});
