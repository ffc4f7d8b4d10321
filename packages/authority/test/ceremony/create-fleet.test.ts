import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmod, copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFleet, openFleet } from '../../src/index.ts';
import { temporaryHome } from '../support/home.ts';

const now = (): number => Date.parse('2026-11-23T12:00:00Z');

test('a new fleet has its keys in files of mode 0600, in folders of mode 0700', async (context) => {
  const folder = join(await temporaryHome(context), 'authority');
  await createFleet({ folder, name: 'home', now });
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const keys: string[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    if (entry.isDirectory()) assert.equal(mode & 0o777, 0o700, path);
    else if ((await readFile(path, 'utf8')).includes('PRIVATE KEY')) {
      keys.push(path.slice(folder.length + 1));
      assert.equal(mode & 0o777, 0o600, path);
    }
  }
  assert.deepEqual(keys.toSorted(), [
    'client-ca/key.pem',
    'device-ca/key.pem',
    'keys/administrator-next.pem',
    'keys/administrator.pem',
    'keys/boot.pem',
    'keys/line.pem',
    'keys/receipt.pem',
    'keys/time.pem',
    'keys/token.pem',
    'maker-ca/key.pem',
    'root/key.pem',
    'server-ca/key.pem',
  ]);
});

test('the root signs three issuing CAs; the maker CA stands apart from it', async (context) => {
  const folder = join(await temporaryHome(context), 'authority');
  const { authorities, rootFingerprint } = await createFleet({ folder, name: 'home', now });
  const root = new X509Certificate(authorities.root.der);
  assert.equal(rootFingerprint, root.fingerprint256);
  assert.equal(root.verify(root.publicKey), true);
  for (const name of ['device-ca', 'server-ca', 'client-ca'] as const) {
    const issuing = new X509Certificate(authorities[name].der);
    assert.equal(issuing.ca, true);
    assert.equal(issuing.checkIssued(root) && issuing.verify(root.publicKey), true, name);
    assert.match(issuing.subject, /^O=home$/m);
  }
  const maker = new X509Certificate(authorities['maker-ca'].der);
  assert.equal(maker.verify(maker.publicKey), true);
  assert.equal(maker.verify(root.publicKey), false);
});

test('a fleet opens again with the same keys, and is never created twice', async (context) => {
  const folder = join(await temporaryHome(context), 'authority');
  const created = await createFleet({ folder, name: 'home', now });
  const opened = await openFleet(folder);
  assert.equal(opened.name, 'home');
  assert.equal(opened.createdAtMs, now());
  assert.equal(opened.rootFingerprint, created.rootFingerprint);
  assert.equal(opened.keys.token.equals(created.keys.token), true);
  await assert.rejects(createFleet({ folder, name: 'home', now }), { code: 'KS-A102' });
});

test('a ceremony that was cut short is recognised after every file', async (context) => {
  const home = await temporaryHome(context);
  const whole = join(home, 'whole');
  await createFleet({ folder: whole, name: 'home', now });
  const files = (await readdir(whole, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(whole.length + 1));
  assert.equal(files.length, 18);
  for (const missing of files) {
    const folder = join(home, 'cut');
    for (const file of files) {
      await mkdir(join(folder, file, '..'), { recursive: true, mode: 0o700 });
      if (file !== missing) await copyFile(join(whole, file), join(folder, file));
    }
    await assert.rejects(openFleet(folder), { code: 'KS-A100' }, missing);
    await rm(folder, { recursive: true });
  }
  const folder = join(home, 'cut');
  await mkdir(join(folder, 'root'), { recursive: true });
  await assert.rejects(createFleet({ folder, name: 'home', now }), { code: 'KS-A100' });
});

test('damaged and exchanged files are refused by name', async (context) => {
  const folder = join(await temporaryHome(context), 'authority');
  await createFleet({ folder, name: 'home', now });
  const key = join(folder, 'client-ca/key.pem');
  const before = await readFile(key);
  await copyFile(join(folder, 'server-ca/key.pem'), key);
  await assert.rejects(openFleet(folder), { code: 'KS-A104', message: /client-ca\/cert\.pem does not hold the key/ });
  await writeFile(key, 'no key');
  await assert.rejects(openFleet(folder), { code: 'KS-A104', message: /client-ca\/key\.pem is not a private key/ });
  await writeFile(key, before);
  await writeFile(join(folder, 'fleet.json'), '{"format":2}');
  await assert.rejects(openFleet(folder), { code: 'KS-A104' });
});

test('an open key file stops the ceremony', async (context) => {
  const folder = join(await temporaryHome(context), 'authority');
  await createFleet({ folder, name: 'home', now });
  await chmod(join(folder, 'root/key.pem'), 0o644);
  await assert.rejects(openFleet(folder), { code: 'KS-A101', message: /root\/key\.pem has mode 0644/ });
});

test('a fleet name that could not stand in an identity is refused', async (context) => {
  const folder = join(await temporaryHome(context), 'authority');
  for (const name of ['', 'Home', 'a:b', 'a/b', '+', '#', 'a b', '-a', 'a-', 'a'.repeat(64), 'hömе']) {
    await assert.rejects(createFleet({ folder, name, now }), { code: 'KS-A103' }, name);
  }
});
