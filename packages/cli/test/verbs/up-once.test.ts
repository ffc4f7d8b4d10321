import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { homePaths } from '../../src/home/paths.ts';
import { run } from '../keystile.ts';
import { processesOf } from '../running-system.ts';

interface OnceDocument {
  ok: boolean;
  handshake: { protocol: string; cipherSuite: string; group: string; ms: number; busFrames: number; busBytes: number };
  identity: string;
  setPoint: { requested: number; reported: number; ms: number };
  console: string;
}

describe('keystile up --once --json', () => {
  let folder = '';
  let home = '';
  let first: OnceDocument;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keystile-'));
    home = join(folder, 'home');
    const { code, stdout, stderr } = await run(['up', '--once', '--json'], { env: { KEYSTILE_HOME: home } });
    assert.equal(code, 0, `${stdout}${stderr}`);
    assert.equal(stdout.trim().split('\n').length, 1);
    first = JSON.parse(stdout) as OnceDocument;
  });

  after(() => rm(folder, { recursive: true, force: true }));

  test('it prints the documented document', () => {
    assert.deepEqual(Object.keys(first), ['ok', 'handshake', 'identity', 'setPoint', 'console']);
    assert.equal(first.ok, true);
    assert.equal(first.handshake.protocol, 'TLSv1.3');
    assert.equal(first.handshake.cipherSuite, 'TLS_AES_128_GCM_SHA256');
    assert.ok(['X25519', 'P-256'].includes(first.handshake.group), first.handshake.group);
    assert.ok(first.handshake.ms > 0 && first.handshake.busFrames > 0 && first.handshake.busBytes > 1000);
    assert.match(first.identity, /^urn:keystile:home:device:ac-[0-9a-f]{6}$/);
    assert.equal(first.setPoint.reported, first.setPoint.requested);
    assert.match(first.console, /^https:\/\/localhost:\d+$/);
  });

  test('it leaves no process behind', async () => {
    assert.deepEqual(await processesOf(home), []);
  });

  test('the home is 0700 and every key in it is 0600', async () => {
    assert.equal((await stat(home)).mode & 0o777, 0o700);
    const files = (await readdir(home, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const keys = files.filter(({ name, parentPath }) => /key\.pem$|\.fuse$/.test(name) || parentPath.endsWith('/keys'));
    const privateKeys = keys.filter(({ name }) => name !== 'token-key.pem');
    assert.ok(privateKeys.length >= 15, `${privateKeys.length} keys`);
    for (const { name, parentPath } of privateKeys) {
      assert.equal((await stat(join(parentPath, name))).mode & 0o777, 0o600, join(parentPath, name));
    }
  });

  test('a second start, over I2C, goes on with the same part and identity', async () => {
    const { code, stdout, stderr } = await run(['up', '--once', '--json', '--bus', 'i2c:400kHz', '--home', home]);
    assert.equal(code, 0, `${stdout}${stderr}`);
    const second = JSON.parse(stdout) as OnceDocument;
    assert.equal(second.identity, first.identity);
    assert.equal(second.setPoint.reported, second.setPoint.requested);
  });

  test('a busy port is refused by code, with the port and the flag', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, stdout } = await run(['up', '--once', '--json', '--home', home, `--console-port=${port}`]);
    server.close();
    assert.equal(code, 1);
    const document = JSON.parse(stdout) as { ok: boolean; code: string; cause: string; fix: string };
    assert.equal(document.ok, false);
    assert.equal(document.code, 'KS-U112');
    assert.match(document.cause, new RegExp(`${port}.*--console-port`));
  });

  test('firmware that was changed on the disk is not signed again, and the secure IC refuses it', async () => {
    const paths = homePaths(home);
    await writeFile(join(paths.device, 'firmware', 'malware.ts'), '');
    const { code, stdout } = await run(['up', '--once', '--json', '--home', home]);
    const document = JSON.parse(stdout) as { ok: boolean; code: string; cause: string };
    assert.equal(code, 1, stdout);
    assert.equal(document.ok, false);
    assert.equal(document.code, 'KS-C117');
    assert.deepEqual(await processesOf(home), []);
    await rm(join(paths.device, 'firmware', 'malware.ts'));
    const again = await run(['up', '--once', '--json', '--home', home]);
    assert.equal(again.code, 0, `${again.stdout}${again.stderr}`);
  });

  test('a home without its last record is half-written: refused by code until it is reset', async () => {
    await rm(homePaths(home).record);
    const { code, stdout } = await run(['up', '--once', '--json', '--home', home]);
    assert.equal(code, 1);
    const document = JSON.parse(stdout) as { code: string; fix: string };
    assert.equal(document.code, 'KS-U111');
    assert.match(document.fix, /keystile reset/);
    assert.equal((await run(['reset', '--yes', '--home', home])).code, 0);
  });
});
