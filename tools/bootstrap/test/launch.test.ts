import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findNode } from '../../../packages/cli/bin/launch.mjs';
import { installInto, stage } from './stage.ts';

const old = { version: 'v20.20.2', platform: 'linux', arch: 'x64', execPath: '/usr/bin/node' };

test('a Node from 24 on is used as it is, wherever it comes from', () => {
  assert.equal(findNode('/nowhere', { ...old, version: 'v24.0.0', platform: 'darwin' }), '/usr/bin/node');
  assert.equal(findNode('/nowhere', { ...old, version: 'v100.1.0' }), '/usr/bin/node');
});

test('an older one is replaced by the package of its own architecture, found by path from below', (t) => {
  const { folder } = stage(t, '');
  for (const arch of ['x64', 'arm64']) {
    const path = join(folder, `node_modules/node-linux-${arch}/bin/node`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    assert.equal(findNode(join(folder, 'packages/cli'), { ...old, arch }), path);
  }
  assert.equal(findNode(folder, { ...old, arch: 'riscv64' }), undefined);
  assert.equal(findNode(folder, { ...old, platform: 'darwin' }), undefined);
});

/** Counts the signals that reach it for a while after the first, then says the counts. */
const countsSignals = `
  const counts: Record<string, number> = {};
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      counts[signal] = (counts[signal] ?? 0) + 1;
      setTimeout(() => { console.log(JSON.stringify(counts)); process.exit(3); }, 700);
    });
  }
  setTimeout(() => process.exit(9), 20_000);
  console.log('ready');`;

async function startCounting(t: TestContext, command: (script: string) => readonly [string, ...string[]]) {
  const { folder, script } = stage(t, countsSignals);
  installInto(folder);
  const [program, ...args] = command(script);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [first] = (await once(child.stdout, 'data')) as [Buffer];
  assert.match(first.toString(), /ready/);
  return child;
}

async function counted(child: ChildProcess): Promise<{ counts: unknown; code: unknown }> {
  assert.ok(child.stdout !== null);
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { counts: JSON.parse(said.slice(said.indexOf('{'), said.indexOf('}') + 1)), code };
}

test('a signal sent to the bootstrap alone reaches the product once, also when npm repeats it', async (t) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const child = await startCounting(t, (script) => [process.execPath, script, 'start']);
    const end = counted(child);
    child.kill(signal);
    await sleep(30);
    child.kill(signal);
    assert.deepEqual(await end, { counts: { [signal]: 1 }, code: 3 });
  }
});

const terminal = spawnSync('script', ['--version']).status === 0 ? {} : { skip: 'util-linux script is not installed' };

test('Ctrl-C in a terminal, which reaches the whole process group, reaches the product once', terminal, async (t) => {
  const child = await startCounting(t, (script) => [
    'script',
    '-qec',
    `exec ${process.execPath} ${script} start`,
    '/dev/null',
  ]);
  const end = counted(child);
  child.stdin.write('\u0003');
  assert.deepEqual(await end, { counts: { SIGINT: 1 }, code: 3 });
});
