import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { revocationList, serialNumberOf } from '@keystile/testkit';
import type { MqttClient } from 'mqtt';
import { ControlClient } from '../../support/control-client.ts';
import { closed, connected } from '../../support/mqtt-client.ts';
import { RawMqtt } from '../../support/raw-mqtt.ts';
import { issuersOf, mqttsListener, TestBroker } from '../../support/test-broker.ts';
import { TestFleet, type TlsIdentity } from '../../support/test-fleet.ts';
import { until } from '../../support/until.ts';

const HOUR_MS = 3_600_000;
const control = '\n[control]\npath = "control.sock"\n';
const identity = 'urn:keystile:home:device:ac-1';

/** From asking to the closed socket: what is promised, though it takes a few milliseconds. */
const REVOCATION_MS_MAX = 1000;

let fleet: TestFleet;
let device: TlsIdentity;
let operator: TlsIdentity;
let broker: TestBroker;
const open: { end(force: boolean): void }[] = [];

before(async () => {
  fleet = await TestFleet.make();
  device = await fleet.client('device', 'ac-1');
  operator = await fleet.client('operator', 'olga');
});

beforeEach(async () => {
  broker = await TestBroker.prepare(fleet);
});

afterEach(async () => {
  for (const client of open.splice(0)) client.end(true);
  await broker.close();
  assert.deepEqual(broker.faults, []);
});

async function admit(who: TlsIdentity, clientId: string): Promise<MqttClient> {
  const client = await connected({ port: broker.port('mqtts'), fleet, identity: who }, { clientId });
  open.push(client);
  return client;
}

interface Resumable {
  readonly mqtt: RawMqtt;
  readonly socket: TLSSocket;
  readonly session: Buffer | undefined;
}

/** A TLS connection that goes on with a session, if it is given one; resolves when its own ticket is there. */
async function dialTls(session?: Buffer, who: TlsIdentity = device): Promise<Resumable> {
  const socket = connectTls({
    host: 'localhost',
    port: broker.port('mqtts'),
    ca: fleet.authorities.root.pem,
    ...who,
    ...(session && { session }),
  });
  const mqtt = new RawMqtt(socket);
  open.push({ end: () => socket.destroy() });
  const ticket = once(socket, 'session') as Promise<[Buffer]>;
  await once(socket, 'secureConnect');
  if (session !== undefined) return { socket, mqtt, session: undefined };
  const [own] = await ticket;
  // Node tells of a ticket in the middle of reading; what is written right there stays unsent.
  await setImmediate();
  return { socket, mqtt, session: own };
}

/** Reason code of CONNACK. */
async function connackOf(mqtt: RawMqtt): Promise<number | undefined> {
  mqtt.connect('ac-1');
  const packet = await mqtt.next();
  return packet.cmd === 'connack' ? packet.reasonCode : undefined;
}

describe('Revocation as one action', () => {
  const ask = async (request: object): Promise<Readonly<Record<string, unknown>>> => {
    const client = await ControlClient.open(join(broker.folder, 'control.sock'));
    open.push({ end: () => client.close() });
    return client.ask(request);
  };

  beforeEach(() => broker.run(issuersOf(fleet) + mqttsListener() + control));

  for (const request of ['identity', 'serial'] as const) {
    it(`closes the live connection with 0x98 in less than a second, by ${request}`, async () => {
      const client = await admit(device, 'ac-1');
      const bystander = await admit(operator, 'olga');
      let reason: number | undefined;
      client.on('disconnect', (packet) => {
        reason = packet.reasonCode;
      });
      const end = closed(client);
      const fromMs = performance.now();
      const named = request === 'identity' ? { identity } : { serial: serialNumberOf(device.cert) };
      const answer = await ask({ op: 'revoke', ...named });
      await end;
      const tookMs = performance.now() - fromMs;
      assert.ok(tookMs < REVOCATION_MS_MAX, `${tookMs} ms`);
      assert.deepEqual(answer, { ok: true, ended: 1 });
      assert.equal(reason, 0x98);
      await assert.rejects(admit(device, 'ac-1'), /Banned/i);
      assert.ok(bystander.connected, 'somebody else was cut off too');
    });
  }

  it('lets nobody resume a TLS session of before: another full handshake, and a refusal with its reason', async () => {
    const { mqtt, session } = await dialTls();
    assert.equal(await connackOf(mqtt), 0);
    const { socket: again } = await dialTls(session);
    assert.ok(again.isSessionReused(), 'the session cannot be resumed in the first place');
    await ask({ op: 'revoke', identity });
    const { socket: late, mqtt: lateMqtt } = await dialTls(session);
    assert.equal(late.isSessionReused(), false);
    assert.equal(await connackOf(lateMqtt), 0x8a);
    const refusal = broker.events.findLast(({ event }) => event === 'refused');
    assert.partialDeepStrictEqual(refusal, { code: 'KS-B208', identity });
  });

  it('ends a TLS connection that has not sent CONNECT yet', async () => {
    const { socket } = await dialTls();
    const end = once(socket.resume(), 'close');
    await ask({ op: 'revoke', identity });
    await end;
  });

  it('holds over a restart, and can be taken back', async () => {
    await ask({ op: 'revoke', identity });
    await ask({ op: 'revoke', serial: '00:AB:cd' });
    assert.equal((await stat(join(broker.folder, 'denied.json'))).mode & 0o777, 0o600);
    await broker.stop();
    await broker.run(broker.toml);
    await assert.rejects(admit(device, 'ac-1'), /Banned/i);
    assert.partialDeepStrictEqual(await ask({ op: 'status' }), {
      denied: { identities: 1, quarantined: 0, serials: 1 },
    });
    assert.deepEqual(await ask({ op: 'unrevoke', identity }), { ok: true, changed: true });
    assert.deepEqual(await ask({ op: 'unrevoke', identity }), { ok: true, changed: false });
    await admit(device, 'ac-1');
  });

  it('puts an identity in quarantine, and lets it out again', async () => {
    const client = await admit(device, 'ac-1');
    const end = closed(client);
    assert.deepEqual(await ask({ op: 'quarantine', identity }), { ok: true, ended: 1 });
    await end;
    await assert.rejects(admit(device, 'ac-1'), /Banned/i);
    assert.equal(broker.events.findLast(({ event }) => event === 'refused')?.code, 'KS-B341');
    assert.deepEqual(await ask({ op: 'unrevoke', identity }), { ok: true, changed: true });
    await admit(device, 'ac-1');
  });

  it('says that it could not be kept, and holds until then', async () => {
    await mkdir(join(broker.folder, 'denied.json.new'));
    assert.partialDeepStrictEqual(await ask({ op: 'revoke', identity }), { ok: false, code: 'KS-B347' });
    await assert.rejects(admit(device, 'ac-1'), /Banned/i);
  });

  it('does not start with a deny list that it cannot read', async () => {
    await broker.stop();
    await writeFile(join(broker.folder, 'denied.json'), '{"version":1,"identities":[]}');
    await assert.rejects(broker.run(broker.toml), { code: 'KS-B347' });
    await writeFile(join(broker.folder, 'denied.json'), '{"version":1,"identities":[],"quarantined":[],"serials":[]}');
    await broker.run(broker.toml);
  });
});

describe('A certificate that ends while its client is connected', () => {
  beforeEach(() => broker.run(issuersOf(fleet) + mqttsListener() + control));

  it('ends the connection with 0xA0', async () => {
    const validity = { fromMs: Date.now() - HOUR_MS, untilMs: Date.now() + 2000 };
    const client = await admit(await fleet.client('device', 'ac-1', { validity }), 'ac-1');
    let reason: number | undefined;
    client.on('disconnect', (packet) => {
      reason = packet.reasonCode;
    });
    await closed(client);
    assert.equal(reason, 0xa0);
    assert.ok(Date.now() >= Math.floor(validity.untilMs / 1000) * 1000, 'it was ended before its time');
    assert.equal(broker.events.findLast(({ event }) => event === 'disconnected')?.code, 'KS-B340');
  });

  it('does not come back by resuming the TLS session', async () => {
    const { session } = await dialTls();
    broker.laterMs = 2 * HOUR_MS;
    const { socket } = await dialTls(session);
    assert.ok(socket.isSessionReused());
    await once(socket.resume(), 'close');
    assert.equal(broker.events.findLast(({ event }) => event === 'refused')?.code, 'KS-B340');
  });
});

describe('The revocation list of an issuer', () => {
  const listFile = (): string => join(broker.folder, 'device.crl');
  const configuration = (whenStale: 'keep' | 'deny'): string => {
    const issuers = issuersOf(fleet).replace(
      'roles = ["device"]\n',
      `roles = ["device"]\ncrl = "device.crl"\ncrl_when_stale = "${whenStale}"\n`,
    );
    return issuers + mqttsListener() + control;
  };
  const writeList = async (revoked: readonly string[], untilMs = Date.now() + HOUR_MS): Promise<void> => {
    const list = await revocationList(fleet.authorities['device-ca'], {
      revoked,
      fromMs: Date.now() - HOUR_MS,
      untilMs,
    });
    await writeFile(listFile(), list);
  };
  const codes = (): string => JSON.stringify(broker.codes);

  it('is read again when it changes, and ends who is in it', async () => {
    await writeList([]);
    await broker.run(configuration('keep'));
    const client = await admit(device, 'ac-1');
    const end = closed(client);
    await writeList([serialNumberOf(device.cert)]);
    await end;
    await assert.rejects(admit(device, 'ac-1'), /Banned/i);
    await admit(await fleet.client('device', 'ac-2'), 'ac-2');
  });

  it('speaks for its own issuer only: the same serial number of another CA is another certificate', async () => {
    await writeList([serialNumberOf(operator.cert)]);
    await broker.run(configuration('keep'));
    await admit(operator, 'olga');
  });

  it('stays in force when what replaces it is corrupt, of another CA, or gone', async () => {
    await writeList([serialNumberOf(device.cert)]);
    await broker.run(configuration('keep'));
    const foreign = await revocationList(fleet.authorities['client-ca'], {
      fromMs: Date.now() - HOUR_MS,
      untilMs: Date.now() + HOUR_MS,
    });
    for (const bad of [Buffer.from('no list'), foreign]) {
      broker.events.length = 0;
      await writeFile(listFile(), bad);
      await until(() => broker.codes.includes('KS-B344'), codes);
      await assert.rejects(admit(device, 'ac-1'), /Banned/i);
    }
  });

  it('is alarmed about before it ends', async () => {
    await writeList([], Date.now() + HOUR_MS / 10);
    await broker.run(configuration('deny'));
    await until(() => broker.codes.includes('KS-B345'), codes);
    await admit(device, 'ac-1');
  });

  for (const [policy, comes] of [
    ['keep', 'stays in force when it is stale'],
    ['deny', 'admits nobody new when it is stale, and keeps who is connected'],
  ] as const) {
    it(`with crl_when_stale = ${policy} ${comes}`, async () => {
      const revoked = await fleet.client('device', 'ac-9');
      await writeList([serialNumberOf(revoked.cert)]);
      await broker.run(configuration(policy));
      const client = await admit(device, 'ac-1/a');
      broker.laterMs = HOUR_MS / 2;
      // The certificates of the test live an hour, so the list is made to end before them.
      await writeList([serialNumberOf(revoked.cert)], Date.now() + 1000);
      await until(() => broker.codes.includes('KS-B345'), codes);
      assert.ok(client.connected);
      await assert.rejects(admit(revoked, 'ac-9'), /Banned/i);
      const late = await fleet.client('device', 'ac-2');
      if (policy === 'keep') await admit(late, 'ac-2');
      else await assert.rejects(admit(late, 'ac-2'), /Server unavailable/i);
    });
  }

  it('keeps a broker from starting when it cannot be used', async () => {
    await assert.rejects(broker.run(configuration('keep')), { code: 'KS-B344' });
    await writeList([]);
    await broker.run(configuration('keep'));
  });
});

after(() => assert.equal(open.length, 0));
