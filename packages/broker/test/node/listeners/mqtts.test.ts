import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { MqttClient } from 'mqtt';
import type { BrokerEvent } from '../../../src/log.ts';
import { connected, dial, nextMessage } from '../../support/mqtt-client.ts';
import { mqttsListener, TestBroker } from '../../support/test-broker.ts';
import { TestFleet, type TlsIdentity } from '../../support/test-fleet.ts';

describe('MQTT over mutual TLS', () => {
  let fleet: TestFleet;
  let broker: TestBroker;
  let device: TlsIdentity;
  let operator: TlsIdentity;
  const open: MqttClient[] = [];

  before(async () => {
    fleet = await TestFleet.make();
    broker = await TestBroker.start(fleet, mqttsListener('half_open = 3\n'));
    device = await fleet.client('device', 'ac-1');
    operator = await fleet.client('operator', 'olga');
  });

  beforeEach(() => {
    broker.events.length = 0;
  });

  after(async () => {
    for (const client of open) client.end(true);
    await broker.close();
    assert.deepEqual(broker.faults, []);
  });

  async function join(identity: TlsIdentity, options: Parameters<typeof connected>[1]): Promise<MqttClient> {
    const client = await connected({ port: broker.port('mqtts'), fleet, identity }, options);
    open.push(client);
    return client;
  }

  async function leave(client: MqttClient): Promise<void> {
    await client.endAsync();
  }

  async function untilCode(code: string): Promise<BrokerEvent> {
    for (let waited = 0; waited < 3000 && !broker.codes.includes(code); waited += 20) await sleep(20);
    assert.deepEqual(broker.codes, [code], JSON.stringify(broker.events.slice(-3)));
    const event = broker.events.findLast((each) => each.code === code);
    broker.events.length = 0;
    return event ?? assert.fail();
  }

  for (const protocolVersion of [4, 5] as const) {
    for (const qos of [0, 1, 2] as const) {
      test(`version ${protocolVersion} carries QoS ${qos} from a device to an operator`, async () => {
        const reader = await join(operator, { clientId: 'olga', protocolVersion });
        const writer = await join(device, { clientId: 'ac-1', protocolVersion });
        await reader.subscribeAsync('ac/+/state', { qos });
        const received = nextMessage(reader);
        await writer.publishAsync('ac/ac-1/state', `at ${qos}`, { qos });
        const { topic, text, packet } = await received;
        assert.deepEqual([topic, text, packet.qos], ['ac/ac-1/state', `at ${qos}`, qos]);
        await Promise.all([leave(reader), leave(writer)]);
      });
    }

    test(`version ${protocolVersion}: a retained message waits for a later subscriber`, async () => {
      const writer = await join(device, { clientId: 'ac-1', protocolVersion });
      await writer.publishAsync('ac/ac-1/kept', 'warm', { qos: 1, retain: true });
      const reader = await join(operator, { clientId: 'olga', protocolVersion });
      const received = nextMessage(reader);
      await reader.subscribeAsync('ac/ac-1/kept', { qos: 1 });
      const { text, packet } = await received;
      assert.deepEqual([text, packet.retain], ['warm', true]);
      await writer.publishAsync('ac/ac-1/kept', '', { qos: 1, retain: true });
      await Promise.all([leave(reader), leave(writer)]);
    });

    test(`version ${protocolVersion}: the will of a device that vanishes is published`, async () => {
      const reader = await join(operator, { clientId: 'olga', protocolVersion });
      await reader.subscribeAsync('ac/ac-1/availability', { qos: 1 });
      const will = { topic: 'ac/ac-1/availability', payload: Buffer.from('offline'), qos: 1, retain: false } as const;
      const writer = await join(device, { clientId: 'ac-1', protocolVersion, will });
      const received = nextMessage(reader);
      (writer.stream as unknown as Socket).destroy();
      assert.equal((await received).text, 'offline');
      await leave(reader);
    });

    test(`version ${protocolVersion}: a persistent session keeps what came while its client was away`, async () => {
      const properties = { sessionExpiryInterval: 60 };
      const persistent = { clientId: 'ac-1', protocolVersion, clean: false, properties };
      const first = await join(device, persistent);
      await first.subscribeAsync('ac/ac-1/set/#', { qos: 1 });
      await leave(first);
      const writer = await join(operator, { clientId: 'olga', protocolVersion });
      await writer.publishAsync('ac/ac-1/set/mode', 'cool', { qos: 1 });
      const again = dial({ port: broker.port('mqtts'), fleet, identity: device }, persistent);
      open.push(again);
      const received = nextMessage(again);
      assert.equal((await received).text, 'cool');
      await again.unsubscribeAsync('ac/ac-1/set/#');
      await Promise.all([leave(again), leave(writer)]);
      await leave(await join(device, { clientId: 'ac-1', protocolVersion, clean: true }));
    });
  }

  test('a client without a certificate does not get through TLS', async () => {
    await assert.rejects(connected({ port: broker.port('mqtts'), fleet }, { clientId: 'ac-1' }));
    await untilCode('KS-B200');
  });

  test('a certificate of another fleet does not get through TLS', async () => {
    const stranger = await (await TestFleet.make('other')).client('device', 'ac-1');
    await assert.rejects(join(stranger, { clientId: 'ac-1' }));
    const refusal = await untilCode('KS-B343');
    assert.equal(refusal.subject, 'O=other, CN=ac-1');
    assert.match(refusal.sentence ?? '', /issued by 'O=other, CN=device CA', does not verify: UNABLE_TO_GET/);
  });

  test('a server certificate is no client certificate', async () => {
    await assert.rejects(join(await fleet.server(), { clientId: 'ac-1' }));
    assert.match((await untilCode('KS-B343')).sentence ?? '', /INVALID_PURPOSE/);
  });

  test('a device CA that names an operator is refused: an issuing key speaks for its own roles', async () => {
    const forged = await fleet.client('operator', 'olga', { by: 'device-ca' });
    await assert.rejects(join(forged, { clientId: 'olga' }));
    await untilCode('KS-B202');
  });

  test('an IDevID, which has no end of life, is for enrolment and not for the broker', async () => {
    const validity = { fromMs: Date.now() - 1000, untilMs: Date.parse('9999-12-31T23:59:59Z') };
    await assert.rejects(join(await fleet.client('device', 'ac-1', { validity }), { clientId: 'ac-1' }));
    await untilCode('KS-B210');
  });

  test('a client id of another identity is refused with 0x85', async () => {
    await assert.rejects(join(device, { clientId: 'ac-2' }), (error: Error) => {
      assert.match(String(error.message), /Client Identifier not valid/i);
      return true;
    });
    const refusal = await untilCode('KS-B203');
    assert.match(
      refusal.sentence ?? '',
      /client id 'ac-2' does not belong to identity 'urn:keystile:home:device:ac-1'/,
    );
  });

  test('one client id too many is refused with 0x97', async () => {
    const first = await join(device, { clientId: 'ac-1/one' });
    await assert.rejects(join(device, { clientId: 'ac-1/two' }), /Quota exceeded/i);
    await untilCode('KS-B204');
    await leave(first);
  });

  test('a publish outside the own topics is refused with 0x87', async () => {
    const writer = await join(device, { clientId: 'ac-1' });
    await assert.rejects(writer.publishAsync('ac/ac-2/state', 'x', { qos: 1 }), /Not authorized/i);
    const refusal = await untilCode('KS-B300');
    assert.match(refusal.sentence ?? '', /'urn:keystile:home:device:ac-1' may not publish to 'ac\/ac-2\/state'/);
    await leave(writer);
  });

  test('a subscription to what others say is refused', async () => {
    const reader = await join(device, { clientId: 'ac-1' });
    await assert.rejects(reader.subscribeAsync('ac/#', { qos: 1 }), /Not authorized|Subscribe error/i);
    await untilCode('KS-B301');
    await leave(reader);
  });

  test('a revoked identity is cut off at once and does not come back', async () => {
    const revoked = await fleet.client('device', 'ac-9');
    const client = await join(revoked, { clientId: 'ac-9' });
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    const farewell = new Promise<number | undefined>((resolve) =>
      client.once('disconnect', ({ reasonCode }) => resolve(reasonCode)),
    );
    broker.running.broker.revoke({ kind: 'identity', urn: 'urn:keystile:home:device:ac-9' }, performance.now());
    assert.equal(await farewell, 0x98);
    await closed;
    await assert.rejects(join(revoked, { clientId: 'ac-9' }), /Banned/i);
    await untilCode('KS-B208');
  });

  test('an address with too many connections that say nothing gets no more, and others are served again when it lets go', async () => {
    const idle = Array.from({ length: 3 }, () => connectTcp(broker.port('mqtts'), '127.0.0.1'));
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    await sleep(50);
    await assert.rejects(join(device, { clientId: 'ac-1' }));
    await untilCode('KS-B113');
    for (const socket of idle) socket.destroy();
    await sleep(50);
    await leave(await join(device, { clientId: 'ac-1' }));
  });

  test('TLS 1.1 and RSA suites are not spoken', async () => {
    for (const options of [
      { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' },
      { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' },
    ] as const) {
      const socket = connectTls({
        port: broker.port('mqtts'),
        host: 'localhost',
        ca: fleet.authorities.root.pem,
        ...device,
        ...options,
      });
      await assert.rejects(once(socket, 'secureConnect'));
    }
  });

  test('what is not MQTT is refused, and the broker goes on', async () => {
    const socket = connectTls({
      port: broker.port('mqtts'),
      host: 'localhost',
      ca: fleet.authorities.root.pem,
      ...device,
    });
    await once(socket, 'secureConnect');
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await once(socket.resume(), 'close');
    await untilCode('KS-B110');
    await leave(await join(device, { clientId: 'ac-1' }));
  });
});
