import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { HostPairing, loadHostPairing, saveHostPairing } from '../../src/index.ts';

const partKey = HostPairing.create().publicKey;

async function scratch(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ks-pairing-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'device', 'host-pairing.json');
}

test('what is saved is loaded, from a file that only its owner can read', async (t) => {
  const path = await scratch(t);
  const pairing = HostPairing.create().withPart(partKey);
  for (let time = 0; time < 2; time++) await saveHostPairing(path, pairing);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(dirname(path)), ['host-pairing.json']);
  const loaded = await loadHostPairing(path);
  assert.deepEqual(loaded.publicKey, pairing.publicKey);
  assert.deepEqual(loaded.partKey, partKey);
});

test('a host that has met no part has nothing to keep', async (t) => {
  await assert.rejects(saveHostPairing(await scratch(t), HostPairing.create()), { code: 'KS-D121' });
});

test('a file that is missing, cut or of another format is refused', async (t) => {
  const path = await scratch(t);
  await assert.rejects(loadHostPairing(path), { code: 'KS-D121', message: /ENOENT/ });
  await saveHostPairing(path, HostPairing.create().withPart(partKey));
  const whole = await readFile(path, 'utf8');
  const spoilt = [
    '',
    '7',
    '{}',
    whole.slice(0, -10),
    whole.replace('"format":1', '"format":2'),
    whole.replace(/"hostPrivateKey":"[^"]{4}/, '"hostPrivateKey":"'),
    whole.replace('partPublicKey', 'partKey'),
  ];
  for (const content of spoilt) {
    await writeFile(path, content);
    await assert.rejects(loadHostPairing(path), { code: 'KS-D121' }, content);
  }
});

test('a file that others can read is refused', async (t) => {
  const path = await scratch(t);
  await saveHostPairing(path, HostPairing.create().withPart(partKey));
  for (const mode of [0o640, 0o604, 0o666]) {
    await chmod(path, mode);
    await assert.rejects(loadHostPairing(path), { code: 'KS-D122' });
  }
});

test('a folder in its place is an error of the environment', async (t) => {
  const path = await scratch(t);
  await saveHostPairing(join(path, 'within'), HostPairing.create().withPart(partKey));
  await assert.rejects(saveHostPairing(path, HostPairing.create().withPart(partKey)), { code: 'KS-D121' });
});
