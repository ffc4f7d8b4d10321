import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { appendFile, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run } from '../keystile.ts';
import { scratchFolder } from '../scratch.ts';

interface Bench {
  readonly folder: string;
  readonly sign: readonly string[];
  readonly verify: readonly string[];
}

/** A key pair, a firmware folder of two files, a configuration, and the command lines over them. */
async function bench(t: TestContext): Promise<Bench> {
  const folder = await scratchFolder(t);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const at = (name: string): string => join(folder, name);
  await writeFile(at('boot.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  await writeFile(at('boot.pub'), publicKey.export({ format: 'pem', type: 'spki' }));
  await mkdir(at('firmware'));
  await writeFile(at('firmware/main.js'), 'start();');
  await writeFile(at('firmware/lib.js'), 'export {};');
  await writeFile(at('unit.json'), '{"room":"office"}');
  const images = ['--firmware', at('firmware'), '--configuration', at('unit.json')];
  const version = ['--model', 'KS-AC-1', '--firmware-version', '3', '--configuration-version', '7'];
  return {
    folder,
    sign: ['boot', 'sign', ...images, ...version, '--key', at('boot.pem'), '--out', at('signed')],
    verify: ['boot', 'verify', ...images, '--key', at('boot.pub'), '--manifests', at('signed')],
  };
}

test('what was signed verifies with the public key alone', async (t) => {
  const { sign, verify, folder } = await bench(t);
  const signed = await run(sign);
  assert.equal(signed.stderr, '');
  assert.match(signed.stdout, /firmware version 3 of KS-AC-1/);
  assert.ok((await readFile(join(folder, 'signed/firmware.manifest'))).length > 100);
  const verified = await run([...verify, '--json']);
  assert.equal(verified.code, 0, verified.stdout);
  assert.deepEqual(JSON.parse(verified.stdout), {
    ok: true,
    model: 'KS-AC-1',
    firmwareVersion: 3,
    configurationVersion: 7,
  });
});

test('a changed firmware, a changed configuration and another key are told apart', async (t) => {
  const { sign, verify, folder } = await bench(t);
  await run(sign);
  await appendFile(join(folder, 'unit.json'), ' ');
  assert.match((await run(verify)).stderr, /KS-A151: the configuration has 18 bytes/);
  await writeFile(join(folder, 'unit.json'), '{"room":"office"}');
  await writeFile(join(folder, 'firmware/extra.js'), '');
  const changed = await run(verify);
  assert.equal(changed.code, 1);
  assert.match(changed.stderr, /KS-A151: the firmware has/);
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  await writeFile(join(folder, 'boot.pub'), other.export({ format: 'pem', type: 'spki' }));
  assert.match((await run(verify)).stderr, /KS-S102/);
});

test('a key that others can read, a key of another kind, a missing image and no version are refused', async (t) => {
  const { sign, folder } = await bench(t);
  assert.match((await run([...sign, '--firmware', join(folder, 'nothing')])).stderr, /KS-D103/);
  assert.match((await run([...sign, '--firmware-version', '0'])).stderr, /KS-U100.*whole number/);
  await chmod(join(folder, 'boot.pem'), 0o644);
  assert.match((await run(sign)).stderr, /KS-A101/);
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeFile(join(folder, 'boot.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }));
  await chmod(join(folder, 'boot.pem'), 0o600);
  assert.match((await run(sign)).stderr, /KS-A104.*not a P-256 key/);
});
