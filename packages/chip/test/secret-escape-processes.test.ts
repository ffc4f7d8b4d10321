import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { HostPairing, openPart, saveHostPairing } from '@keystile/device';
import { commands, logSegmentNames } from '@keystile/link';
import { askControl } from '@keystile/link/node';
import { issueClientCertificate } from '@keystile/pki/issue';
import { type EchoServer, echoServer, SERVER_NAME, TestFleet } from '@keystile/testkit/field';
import { addRoot, prove, type TwoRoots, twoRoots } from './support/administration.ts';
import { BusProbe } from './support/escape/bus-probe.ts';
import { memoryIsClosed, readWritableMemory } from './support/escape/process-memory.ts';
import { HostProcess, OrdinaryClient, TappedPartProcess } from './support/escape/processes.ts';
import { SecretSearch } from './support/escape/secret-search.ts';
import { HandDrivenSession } from './support/hand-driven-session.ts';
import { trafficSecrets } from './support/key-log.ts';
import type { Secret } from './support/leaks.ts';

/**
 * Part, host and server as they are in the field, each in a process of its own, and a tap inside the part. After a whole
 * life everything outside of the part is searched: the wires, what was logged, the memory at rest, and all that the
 * host's process can write to.
 */
const buses = ['spi:10MHz', 'i2c:400kHz'] as const;
type Bus = (typeof buses)[number];

/** What both ends of the channel hold is the host's own; it is looked for everywhere but in the host. */
const SHARED = 'channel key';
const RECORD_KEY = 'record key';
/** A session that was resumed would not be asked for again. */
const withoutRevocation = { revocationRule: 'none', revocationAgeHoursMax: 0 } as const;

interface Life {
  readonly part: TappedPartProcess;
  readonly host: HostProcess;
  readonly probe: BusProbe;
  /** What the host held while a connection was open, and that it could not be seen, where it could not. */
  whileConnected: readonly string[] | 'closed';
}

let fleet: TestFleet;
let server: EchoServer;
let roots: TwoRoots;
const lives = new Map<Bus, Life>();
/** Of whatever was started, the last first. */
const ends: (() => unknown)[] = [];
before(async () => {
  fleet = await TestFleet.create();
  ends.push(() => fleet.remove());
  server = await echoServer({ ...(await fleet.server()), ...fleet.demandsDevice });
  ends.push(() => server.close());
  roots = await twoRoots(fleet);
  ends.push(() => roots.close());
  for (const bus of buses) lives.set(bus, await liveOn(bus));
});
after(async () => {
  for (const end of ends.toReversed()) await end();
});

/** Factory, boot, traffic, renewal, administration, a refusal, tamper. */
async function liveOn(bus: Bus): Promise<Life> {
  const part = await TappedPartProcess.start();
  ends.push(() => part.remove());
  const probe = await BusProbe.on(part.busPath);
  ends.push(() => probe.close());
  const pairingFile = join(part.folder, 'pairing.json');
  await saveHostPairing(pairingFile, await provision(probe.path, bus));
  part.keepMemory();
  const host = await HostProcess.start({ busPath: probe.path, bus, pairingFile });
  ends.push(() => host.stop());
  const life: Life = { part, host, probe, whileConnected: 'closed' };
  await host.order({ op: 'boot', images: await fleet.release() });
  await traffic(life);
  await renewal(life);
  await administration(life);
  part.keepMemory();
  await assert.rejects(host.call(commands.tlsOpen, { policy: 'fleet', serverName: 'elsewhere.test' }), {
    code: 'KS-C161',
  });
  const to = { host: '127.0.0.1', port: server.port, serverName: SERVER_NAME, policy: 'fleet' };
  await host.order({ op: 'talk', to, stays: true });
  if (memoryIsClosed(host.pid) === undefined) life.whileConnected = searchHost(life).found;
  await askControl(part.controlPath, { op: 'tamper', cause: 'pin' });
  await assert.rejects(host.call(commands.csr, { slot: 'ldevid' }), { code: 'KS-C113' });
  await readLog(life);
  part.keepMemory();
  return life;
}

/** The factory line, whose host is in this process; its frames are on the same wires. */
async function provision(path: string, bus: Bus): Promise<HostPairing> {
  const line = await openPart({ path, bus, pairing: HostPairing.create() });
  const [policy, ...others] = fleet.policies;
  assert.ok(policy !== undefined);
  const resuming = { ...policy, name: 'resuming', resumption: true, ...withoutRevocation };
  await fleet.provision(line, [policy, resuming, ...others]);
  line.close();
  return line.pairing ?? assert.fail('the line has a pairing');
}

async function traffic({ host, part }: Life): Promise<void> {
  const to = { host: '127.0.0.1', port: server.port, serverName: SERVER_NAME };
  await host.order({ op: 'talk', to: { ...to, policy: 'fleet' } });
  // Twice: the second connection resumes the first.
  for (let turn = 0; turn < 2; turn++) await host.order({ op: 'talk', to: { ...to, policy: 'resuming' } });
  const session = await HandDrivenSession.connect(host, server.port);
  const { handle } = session;
  await session.updateKeys();
  await session.write('after new keys');
  await session.receives('after new keys');
  await host.call(commands.evidence, { handle, nonce: new Uint8Array(32).fill(7) });
  part.log.push(JSON.stringify(await host.call(commands.traceRead, { handle, from: 0 })));
  await session.close();
  await host.call(commands.bootCommit, {});
  const { nowMs } = await host.call(commands.status, {});
  await fleet.tellTime(host, Math.max(nowMs, fleet.clock.ms) + 1000);
}

async function renewal(life: Life): Promise<void> {
  const chain = await fleet.renewal(life.host);
  life.part.keepMemory();
  await life.host.call(commands.certInstall, { slot: 'ldevid-spare', chain });
  const to = { host: '127.0.0.1', port: server.port, serverName: SERVER_NAME, policy: 'fleet' };
  await life.host.order({ op: 'talk', to });
}

async function administration({ host }: Life): Promise<void> {
  const administrator = fleet.administrator();
  const command = await administrator.stagedCommand(host, [addRoot(roots)], { serverName: SERVER_NAME });
  await administrator.execute(host, command);
  await prove(host, roots.newServer);
  await administrator.commit(host);
}

async function readLog({ host, part }: Life): Promise<void> {
  for (const segment of logSegmentNames) {
    const { entries } = await host.call(commands.logRead, { segment, from: 0, nonce: new Uint8Array(0) });
    part.log.push(...entries.map((entry) => JSON.stringify(entry)));
  }
  part.log.push(JSON.stringify(await askControl(part.controlPath, { op: 'status' })));
}

interface Found {
  readonly wires: readonly string[];
  readonly logs: readonly string[];
  readonly nvm: readonly string[];
  readonly memory: readonly string[];
}

const nothing: Found = { wires: [], logs: [], nvm: [], memory: [] };

function searchHost({ part, host }: Life): { readonly found: readonly string[]; readonly bytes: number } {
  const inHost = new SecretSearch(part.secrets.filter(({ name }) => name !== SHARED));
  const memory = new Set<string>();
  const { bytes } = readWritableMemory(host.pid, (piece) => {
    for (const leak of inHost.in(piece)) memory.add(leak);
  });
  return { found: [...memory], bytes };
}

function searchOutside(life: Life): Found & { readonly megabytes: number } {
  const { part, host, probe } = life;
  const all = new SecretSearch(part.secrets);
  const { found, bytes } = searchHost(life);
  return {
    wires: [...all.in(Buffer.concat(probe.seen))],
    logs: [...all.in(Buffer.from([...part.log, ...host.log].join('\n')))],
    nvm: part.nvm.flatMap((file) => [...all.in(file)]),
    memory: found,
    megabytes: Math.round(bytes / 1e6),
  };
}

function lifeOn(bus: Bus): Life {
  return lives.get(bus) ?? assert.fail(`nothing lived on ${bus}`);
}

function skipsWithoutMemory(context: TestContext, pid: number): boolean {
  const reason = memoryIsClosed(pid);
  if (reason !== undefined) context.skip(reason);
  return reason !== undefined;
}

describe('secrets of a part in a process of its own', () => {
  for (const bus of buses) {
    it(`on ${bus} are in no frame, no log, no file of the memory, and nowhere in the host`, (context) => {
      const life = lifeOn(bus);
      if (skipsWithoutMemory(context, life.host.pid)) return;
      const { megabytes, ...found } = searchOutside(life);
      const { secrets } = life.part;
      const frames = Math.round(Buffer.concat(life.probe.seen).length / 1e3);
      const where = `${frames} kB of bus, ${megabytes} MB of the host`;
      context.diagnostic(`part on ${bus}: ${secrets.length} secrets, ${hits(found)} found; ${where}`);
      assert.deepEqual(found, nothing);
      assert.deepEqual(life.whileConnected, [], 'nor was there anything while a connection was open');
      assert.ok(megabytes > 20, `${megabytes} MB`);
    });

    it(`on ${bus} were all recorded: keys of the device and of every stage of a connection`, () => {
      const { secrets } = lifeOn(bus).part;
      const count = (name: string): number => secrets.filter((each) => each.name === name).length;
      const least = {
        'private key': 6,
        'client handshake traffic secret': 6,
        'server handshake traffic secret': 6,
        'client application traffic secret': 6,
        'server application traffic secret': 6,
        'updated traffic secret': 1,
        'exporter secret': 6,
        'exporter secret of evidence': 1,
        'resumption secret': 1,
        'pre-shared key of a ticket': 1,
        'binder key': 1,
        [RECORD_KEY]: 24,
        'memory key': 2,
        [SHARED]: 2,
      };
      for (const [name, times] of Object.entries(least)) assert.ok(count(name) >= times, `${count(name)} of ${name}`);
    });

    it(`on ${bus} are the true ones: the server has the same`, () => {
      const recorded = new Set(lifeOn(bus).part.secrets.map(({ bytes }) => Buffer.from(bytes).toString('hex')));
      const logged = server.keyLog.filter((line) => recorded.has(line.split(' ')[2] ?? ''));
      assert.ok(logged.length >= 25, `${logged.length} lines of its key log`);
    });
  }

  it('are found where one is planted: in a frame, in a line of the log, in a Buffer of the host', async (context) => {
    const life = lifeOn('i2c:400kHz');
    const { host, part, probe } = life;
    if (skipsWithoutMemory(context, host.pid)) return;
    const named = part.secrets.filter(({ name }) => name === RECORD_KEY);
    const [inFrame, inLog, inBuffer] = named.filter(({ bytes }) => bytes.length === 32);
    assert.ok(inFrame !== undefined && inLog !== undefined && inBuffer !== undefined);
    const stranger = await openPart({ path: probe.path, bus: 'i2c:400kHz' });
    const begin = { hostKey: inFrame.bytes, hostEphemeral: HostPairing.create().publicKey };
    await assert.rejects(stranger.call(commands.pairBegin, begin), { code: 'KS-C172' });
    stranger.close();
    await host.order({ op: 'print', bytes: inLog.bytes });
    await host.order({ op: 'keep', bytes: inBuffer.bytes });
    const { wires, logs, nvm, memory } = searchOutside(life);
    assert.ok(wires.includes(`${RECORD_KEY}, as it is`), wires.join());
    assert.deepEqual(logs, [`${RECORD_KEY}, in hexadecimal`]);
    assert.deepEqual(nvm, []);
    assert.ok(memory.includes(`${RECORD_KEY}, as it is`), memory.join());
    context.diagnostic('planted: one key in a frame, one in a log, one in a Buffer; all three found');
  });
});

describe('the same search', () => {
  it('finds the keys of node:tls with a key file in the memory of its process', async (context) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const credentialFile = join(lifeOn('spi:10MHz').part.folder, 'ordinary.json');
    writeFileSync(credentialFile, JSON.stringify(await ordinaryCredential(privateKey, publicKey)), { mode: 0o600 });
    const lines = server.keyLog.length;
    const client = await OrdinaryClient.start({ port: server.port, serverName: SERVER_NAME, credentialFile });
    try {
      if (skipsWithoutMemory(context, client.pid)) return;
      const secrets: Secret[] = server.keyLog.slice(lines).flatMap(trafficSecrets);
      secrets.push({ name: 'private key', bytes: scalarOf(privateKey) });
      const search = new SecretSearch(secrets);
      const found = new Set<string>();
      const { bytes } = readWritableMemory(client.pid, (piece) => {
        for (const leak of search.in(piece)) found.add(leak);
      });
      const names = new Set([...found].map((leak) => leak.slice(0, leak.lastIndexOf(','))));
      const where = `${Math.round(bytes / 1e6)} MB of its process`;
      context.diagnostic(`node:tls with a key file: ${secrets.length} secrets, ${names.size} found; ${where}`);
      context.diagnostic([...names].join(', '));
      for (const name of ['private key', 'CLIENT_TRAFFIC_SECRET_0', 'SERVER_TRAFFIC_SECRET_0', 'EXPORTER_SECRET']) {
        assert.ok(names.has(name), `${name} is not among ${[...names].join()}`);
      }
    } finally {
      await client.stop();
    }
  });

  it('finds nothing where there is nothing, and a secret at either end in every spelling', () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, at) => (at * 37 + 11) & 0xff);
    const search = new SecretSearch([{ name: 's', bytes }]);
    assert.deepEqual([...search.in(Buffer.alloc(100_000, 'nothing here '))], []);
    const hex = Buffer.from(bytes.subarray(3, 13)).toString('hex');
    const plants: readonly (readonly [string, Uint8Array])[] = [
      ['as it is', bytes.subarray(0, 8)],
      ['as it is', bytes.subarray(24)],
      ['back to front', bytes.toReversed().subarray(5, 13)],
      ['in hexadecimal', Buffer.from(hex)],
      ['in hexadecimal', Buffer.from(hex.toUpperCase())],
      ...[0, 1, 2].flatMap((lead) => {
        const text = Buffer.concat([Buffer.alloc(lead, 0xff), bytes]);
        return (['base64', 'base64url'] as const).map(
          (alphabet) => ['in base64', Buffer.from(text.toString(alphabet))] as const,
        );
      }),
    ];
    for (const [spelling, plant] of plants) {
      for (const haystack of [plant, Buffer.concat([Buffer.alloc(17), plant, Buffer.alloc(17)])]) {
        assert.deepEqual([...search.in(haystack)], [`s, ${spelling}`]);
      }
    }
  });
});

describe('the tap', () => {
  it('is not in what is shipped: the entry point of a part loads nothing from the tests and wraps nothing', () => {
    const loaded = modulesFrom(join(import.meta.dirname, '..', 'src', 'node', 'serve.ts'));
    assert.ok(loaded.size > 100, `${loaded.size} modules of the package`);
    for (const [path, text] of loaded) {
      assert.ok(path.includes('/chip/src/'), path);
      assert.doesNotMatch(text, /syncBuiltinESMExports|tapped-serve/, path);
    }
  });
});

function hits({ wires, logs, nvm, memory }: Found): number {
  return wires.length + logs.length + nvm.length + memory.length;
}

function scalarOf(key: KeyObject): Uint8Array {
  return new Uint8Array(
    Buffer.from(
      createPrivateKey(key.export({ format: 'pem', type: 'pkcs8' })).export({ format: 'jwk' }).d ?? '',
      'base64url',
    ),
  );
}

async function ordinaryCredential(privateKey: KeyObject, publicKey: KeyObject): Promise<Record<string, unknown>> {
  const { authorities, name } = fleet.fleet;
  const { ms } = fleet.clock;
  const issued = await issueClientCertificate({
    issuer: authorities['device-ca'],
    subject: { organization: name, commonName: 'ordinary' },
    publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
    validity: { fromMs: ms - 3_600_000, untilMs: ms + 86_400_000 },
    identity: `urn:keystile:${name}:device:ordinary`,
  });
  return {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }),
    cert: issued.pem,
    ca: [authorities.root.pem],
  };
}

/** The modules of this package that one loads, by path, with their text. */
function modulesFrom(entry: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    const text = readFileSync(path, 'utf8');
    found.set(path, text);
    for (const [, specifier = ''] of text.matchAll(/from '(\.[^']+)'/g)) waiting.push(join(dirname(path), specifier));
  }
  return found;
}
