import assert from 'node:assert/strict';
import { createDecipheriv, createPrivateKey, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { concatBytes, encodeUtf8, fromHex } from '@keystile/bytes';
import { stream } from '@keystile/device';
import { commands, logSegmentNames } from '@keystile/link';
import {
  type EchoServer,
  echoServer,
  InProcessPart,
  SERVER_NAME,
  strangerAuthority,
  TestFleet,
} from '@keystile/testkit';
import { Fuses } from '../src/memory/fuse.ts';
import { derive, unseal } from '../src/memory/seal.ts';
import { openSnapshot } from '../src/memory/snapshot.ts';
import { dialAndEcho } from './support/connect.ts';
import { HandDrivenSession } from './support/hand-driven-session.ts';
import { expandLabel, trafficSecrets } from './support/key-log.ts';
import { leaksIn, type Secret } from './support/leaks.ts';
import { channelSecrets, pairingSecrets, TappedPart } from './support/tapped-part.ts';

/**
 * A part's whole life in one process: made, provisioned, booted, connected, refused, tampered with. Everything that a
 * probe on the bus, a log or a trace could have seen is kept, and then searched for every secret that there was.
 *
 * Two parts live it. One is paired with nobody, so that its frames are in clear: a secret in an answer would be hidden
 * from the search by a channel. The other is paired, and has the secrets of the channel beside those.
 */
const seen: (Uint8Array | string)[] = [];
const secrets: Secret[] = [];
let fleet: TestFleet;
let server: EchoServer;
let paired: TappedPart;
before(async () => {
  fleet = await TestFleet.create();
  server = await echoServer({ ...(await fleet.server()), ...fleet.demandsDevice });
  paired = await TappedPart.provisioned(fleet);
  const unpaired = new InProcessPart({ clock: fleet.clock });
  await fleet.provisionUnpaired(unpaired);
  await liveThrough(unpaired);
  await liveThrough(paired.part);
  secrets.push(...pairingSecrets(paired), ...channelSecrets(paired));
});
after(async () => {
  await server.close();
  fleet.remove();
});

async function liveThrough(part: InProcessPart): Promise<void> {
  await fleet.boot(part.host);
  secrets.push(...restingSecrets(part));
  await dialAndEcho(dial(part), 'twenty-one degrees');
  await talkAcrossKeyUpdate(part);
  await part.call(commands.bootCommit, {});
  await readEverything(part);
  const credential = await fleet.server({ issuer: await strangerAuthority(fleet.clock.ms) });
  const stranger = await echoServer({ ...credential, ...fleet.demandsDevice });
  const [refused] = (await once(dial(part, stranger.port), 'error')) as [Error];
  assert.match(refused.message, /^KS-P101/);
  seen.push(refused.message, refused.stack ?? '');
  await stranger.close();
  secrets.push(...stranger.keyLog.flatMap(trafficSecrets));
  await fleet.tellTime(part, fleet.clock.ms + 1000);
  seen.push(JSON.stringify(part.chip.summary));
  await part.tamper();
  await assert.rejects(part.call(commands.csr, { slot: 'ldevid' }), (error: Error) => seen.push(error.message) > 0);
  seen.push(...part.bus.transactions, JSON.stringify(part.chip.summary));
  secrets.push(...server.keyLog.flatMap(trafficSecrets));
}

function dial(part: InProcessPart, port: number = server.port): ReturnType<typeof stream> {
  return stream({ part: part.host, policy: 'fleet', host: '127.0.0.1', port, serverName: SERVER_NAME });
}

async function talkAcrossKeyUpdate(part: InProcessPart): Promise<void> {
  const session = await HandDrivenSession.connect(part, server.port);
  const { handle } = session;
  seen.push(JSON.stringify(await part.call(commands.tlsStatus, { handle }), (_, value) => plain(value)));
  const { entries } = await part.call(commands.traceRead, { handle, from: 0 });
  assert.ok(entries.length > 10);
  seen.push(JSON.stringify(entries));
  await session.write('before new keys');
  await session.receives('before new keys');
  await session.updateKeys();
  await session.write('and after them');
  await session.receives('and after them');
  await session.close();
}

/** Byte strings as hexadecimal, as a log would have them. */
function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}

/** Every object, every status: whatever a host may ask for. */
async function readEverything(part: InProcessPart): Promise<void> {
  const { objects } = await part.call(commands.list, {});
  for (const { object } of objects) {
    await part.call(commands.read, { object, offset: 0, lengthMax: 4096 });
  }
  for (const segment of logSegmentNames) {
    await part.call(commands.logRead, { segment, from: 0, nonce: new Uint8Array(16) });
  }
  await part.call(commands.random, { length: 255 });
  await part.call(commands.csr, { slot: 'idevid' });
  await part.call(commands.selfTest, {});
}

/** What rests in the memory and the fuses; the test knows the fuse keys and so can open it. */
function restingSecrets(part: InProcessPart): Secret[] {
  const fuses = Fuses.open(part.fuses)?.record ?? assert.fail('the part has fuses');
  const opened = part.nvm.copy().map((bytes) => openSnapshot(fuses, bytes ?? new Uint8Array(0)));
  const whole = opened.find((each) => each.kind === 'whole' && each.generation === fuses.generation);
  assert.ok(whole?.kind === 'whole');
  const { memoryKey, wrappingKey } = fuses;
  const found: Secret[] = [
    { name: 'memory key', bytes: memoryKey.slice() },
    { name: 'wrapping key', bytes: wrappingKey.slice() },
  ];
  for (const [slot, { handle }] of whole.state.keys) {
    const key = derive(slot === 'attestation' ? memoryKey : wrappingKey, 'vault', encodeUtf8(slot));
    const pkcs8 = unseal(key, encodeUtf8(slot), handle) ?? assert.fail(`the key in ${slot} does not open`);
    const { d } = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' }).export({ format: 'jwk' });
    found.push({ name: `private key ${slot}`, bytes: new Uint8Array(Buffer.from(d ?? '', 'base64url')) });
  }
  return found;
}

describe('secrets of a part', () => {
  it('were all there to be searched for: three private keys, the fuse keys, every traffic secret of every session', () => {
    const names = secrets.map(({ name }) => name);
    for (const name of [
      'private key attestation',
      'private key idevid',
      'private key ldevid',
      'memory key',
      'wrapping key',
      'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
      'SERVER_HANDSHAKE_TRAFFIC_SECRET',
      'CLIENT_TRAFFIC_SECRET_0: key',
      'SERVER_TRAFFIC_SECRET_0, next: iv',
      'EXPORTER_SECRET',
      'pairing key of the part',
      'pairing key of the host',
      'host to part, key',
      'part to host, iv',
    ]) {
      assert.ok(names.includes(name), `${name} is not among ${names.length} secrets`);
    }
    assert.ok(
      names.filter((name) => name === 'CLIENT_TRAFFIC_SECRET_0').length >= 4,
      'two sessions of each were whole',
    );
    assert.ok(secrets.every(({ bytes }) => bytes.length >= 12));
    assert.ok(seen.length > 200, `${seen.length} pieces were seen`);
  });

  it('appear in no bus frame, answer, trace, summary or error', () => {
    assert.deepEqual(leaksIn(seen, secrets), []);
  });

  it('are the true ones: the channel’s key of the test opens the first sealed frame on the bus', () => {
    const [first] = paired.part.bus.transactions.filter((each) => each[0] === 0xa7 && ((each[1] ?? 0) & 0x08) !== 0);
    const frame = first ?? assert.fail('a sealed frame');
    const named = (name: string): Uint8Array => secrets.find((each) => each.name === name)?.bytes ?? assert.fail(name);
    const decipher = createDecipheriv('aes-256-gcm', named('host to part, key'), named('host to part, iv'));
    decipher.setAAD(frame.subarray(0, 5)).setAuthTag(frame.subarray(-18, -2));
    const request = Buffer.concat([decipher.update(frame.subarray(5, -18)), decipher.final()]);
    assert.equal(request[0], commands.provisionWrite.opcode);
  });

  it('are the true ones: the record key of the test opens a record of the part', async () => {
    const part = new InProcessPart({ clock: fleet.clock });
    await fleet.provision(part);
    await fleet.boot(part.host);
    const session = await HandDrivenSession.connect(part, server.port);
    const { outgoing } = await session.write('the first record');
    // The server has read the client's Finished once it answers; its key log is whole by then.
    await session.receives('the first record');
    const line = server.keyLog.findLast((each) => each.startsWith('CLIENT_TRAFFIC_SECRET_0')) ?? '';
    const secret = fromHex(line.split(' ')[2] ?? '');
    const [key, iv] = [expandLabel(secret, 'key', 32), expandLabel(secret, 'iv', 12)];
    const decipher = createDecipheriv('aes-256-gcm', key, iv);
    decipher.setAAD(outgoing.subarray(0, 5)).setAuthTag(outgoing.subarray(-16));
    const opened = Buffer.concat([decipher.update(outgoing.subarray(5, -16)), decipher.final()]);
    assert.equal(opened.toString('latin1').slice(0, 16), 'the first record');
    await session.close();
  });
});

describe('the search', () => {
  const secret = { name: 'planted', bytes: new Uint8Array(randomBytes(32)) };
  const middle = Buffer.from(secret.bytes.subarray(11, 24));

  it('finds eight bytes of a secret in a frame, in hexadecimal and in base64', () => {
    const plants = {
      'as it is': concatBytes(randomBytes(100), secret.bytes.subarray(20, 28), randomBytes(100)),
      'in hexadecimal': `key: ${middle.toString('hex').toUpperCase()}`,
      'in base64': `{"key":"${middle.toString('base64')}"}`,
    };
    for (const [spelling, plant] of Object.entries(plants)) {
      assert.deepEqual(leaksIn([...seen.slice(0, 20), plant], [secret]), [`planted, ${spelling}`]);
    }
  });

  it('finds a planted leak among everything that was seen', () => {
    const [frame] = seen.filter((each) => typeof each !== 'string' && each.length > 60);
    assert.ok(frame !== undefined && typeof frame !== 'string');
    const leaking = frame.slice();
    const ldevid = secrets.find(({ name }) => name === 'private key ldevid') ?? assert.fail();
    leaking.set(ldevid.bytes.subarray(5, 15), 20);
    assert.deepEqual(leaksIn([...seen, leaking], secrets), ['private key ldevid, as it is']);
  });

  it('finds nothing where there is nothing', () => {
    assert.deepEqual(leaksIn([new Uint8Array(randomBytes(100_000)), 'nothing here'], [secret]), []);
  });
});
