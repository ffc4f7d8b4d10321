import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { programPath } from '../../src/node/program-path.ts';
import { connected } from '../support/mqtt-client.ts';
import { issuersOf, mqttsListener, writeFleet } from '../support/test-broker.ts';
import { TestFleet } from '../support/test-fleet.ts';

let fleet: TestFleet;
let folder: string;

before(async () => {
  fleet = await TestFleet.make();
  folder = await mkdtemp(join(tmpdir(), 'ks-broker-'));
  await writeFleet(fleet, folder);
  await writeFile(join(folder, 'broker.toml'), issuersOf(fleet) + mqttsListener());
});

after(() => rm(folder, { recursive: true, force: true }));

interface ReadyLine {
  readonly ready: boolean;
  readonly code?: string;
  readonly detail?: string;
  readonly listeners?: readonly { readonly kind: string; readonly port: number }[];
}

async function start(...args: string[]): Promise<{ child: ChildProcess; line: ReadyLine }> {
  const child = spawn(process.execPath, [fileURLToPath(programPath), ...args], { stdio: ['pipe', 'pipe', 'ignore'] });
  if (child.stdout === null) throw new TypeError('no pipe');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, line: JSON.parse(line) as ReadyLine };
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit');
  return child.exitCode;
}

test('the program says where it listens, and on SIGTERM sends its clients away with 0x8B', async () => {
  const { child, line } = await start('--config', join(folder, 'broker.toml'));
  assert.equal(line.ready, true);
  const port = line.listeners?.find(({ kind }) => kind === 'mqtts')?.port ?? assert.fail();
  const identity = await fleet.client('device', 'ac-1');
  const client = await connected({ port, fleet, identity }, { clientId: 'ac-1' });
  const farewell = new Promise<number | undefined>((resolve) =>
    client.once('disconnect', ({ reasonCode }) => resolve(reasonCode)),
  );
  child.kill('SIGTERM');
  assert.equal(await farewell, 0x8b);
  assert.equal(await exitOf(child), 0);
});

test('on SIGHUP it takes its files anew and keeps its clients, also when a file is wrong', async () => {
  const { child, line } = await start('--config', join(folder, 'broker.toml'));
  const port = line.listeners?.find(({ kind }) => kind === 'mqtts')?.port ?? assert.fail();
  const client = await connected({ port, fleet, identity: await fleet.client('device', 'ac-1') }, { clientId: 'ac-1' });
  const { key, cert } = await fleet.server();
  await writeFile(join(folder, 'cert.pem'), cert);
  child.kill('SIGHUP');
  await client.publishAsync('ac/ac-1/state', 'x', { qos: 1 });
  await writeFile(join(folder, 'key.pem'), key);
  child.kill('SIGHUP');
  await client.publishAsync('ac/ac-1/state', 'x', { qos: 1 });
  await connected({ port, fleet, identity: await fleet.client('device', 'ac-2') }, { clientId: 'ac-2' }).then((each) =>
    each.endAsync(),
  );
  await client.endAsync();
  child.kill('SIGTERM');
  assert.equal(await exitOf(child), 0);
});

test('the end of its standard input ends it: it does not outlive its parent', async () => {
  const { child } = await start('--config', join(folder, 'broker.toml'));
  child.stdin?.end();
  assert.equal(await exitOf(child), 0);
});

test('SIGUSR1 does not open the inspector', async () => {
  const { child } = await start('--config', join(folder, 'broker.toml'));
  child.kill('SIGUSR1');
  child.kill('SIGTERM');
  assert.equal(await exitOf(child), 0);
});

test('a key that others can read is refused before anything listens', async () => {
  await chmod(join(folder, 'key.pem'), 0o640);
  const { child, line } = await start('--config', join(folder, 'broker.toml'));
  await chmod(join(folder, 'key.pem'), 0o600);
  assert.partialDeepStrictEqual(line, { ready: false, code: 'KS-B101' });
  assert.match(line.detail ?? '', /key\.pem has mode 0640/);
  assert.equal(await exitOf(child), 1);
});

test('a missing file, a certificate of another key and a missing flag are coded errors', async () => {
  const config = join(folder, 'other.toml');
  await writeFile(config, mqttsListener().replace('cert.pem', 'absent.pem'));
  assert.equal((await start('--config', config)).line.code, 'KS-B102');
  await writeFile(config, mqttsListener().replace('"cert.pem"', '"device-ca.pem"'));
  assert.equal((await start('--config', config)).line.code, 'KS-B105');
  assert.equal((await start()).line.code, 'KS-U100');
});

test('a listener without TLS needs the word of whoever starts the broker', async () => {
  const config = join(folder, 'plain.toml');
  const plain =
    '[[listener]]\nname = "plain"\nkind = "insecure"\nport = 0\nidentity = "urn:keystile:home:operator:me"\n';
  await writeFile(config, plain);
  assert.equal((await start('--config', config)).line.code, 'KS-B107');
  const { child, line } = await start('--config', config, '--insecure-listener');
  assert.equal(line.ready, true);
  child.kill('SIGTERM');
  assert.equal(await exitOf(child), 0);
});
