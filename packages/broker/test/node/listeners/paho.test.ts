import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PahoClient, type PahoStart, pahoMissing } from '../../support/paho.ts';
import { mqttsListener, TestBroker } from '../../support/test-broker.ts';
import { TestFleet } from '../../support/test-fleet.ts';

const names = { 4: '3.1.1', 5: '5.0' } as const;

describe("Debian's Paho client for Python over mutual TLS", { skip: pahoMissing }, () => {
  let broker: TestBroker;
  const running: PahoClient[] = [];

  before(async () => {
    const fleet = await TestFleet.make();
    broker = await TestBroker.start(fleet, mqttsListener());
    await writeFile(join(broker.folder, 'root.pem'), fleet.authorities.root.pem);
    for (const [role, id] of [
      ['device', 'ac-1'],
      ['operator', 'olga'],
    ] as const) {
      const { key, cert } = await fleet.client(role, id);
      await writeFile(join(broker.folder, `${id}.key`), key, { mode: 0o600 });
      await writeFile(join(broker.folder, `${id}.crt`), cert);
    }
  });

  after(async () => {
    for (const client of running) await client.die();
    await broker.close();
    assert.deepEqual(broker.faults, []);
  });

  function open(clientId: string, more: Pick<PahoStart, 'version' | 'will'> & { readonly kept?: boolean }): PahoClient {
    const file = (name: string): string => join(broker.folder, name);
    const client = new PahoClient({
      port: broker.port('mqtts'),
      clientId,
      ca: file('root.pem'),
      certificate: file(`${clientId}.crt`),
      key: file(`${clientId}.key`),
      kept: false,
      ...more,
    });
    running.push(client);
    return client;
  }

  async function both(version: 4 | 5): Promise<{ readonly device: PahoClient; readonly operator: PahoClient }> {
    const [device, operator] = [open('ac-1', { version }), open('olga', { version })];
    for (const client of [device, operator]) {
      assert.deepEqual(await client.next('connected'), { event: 'connected', reason: 0, sessionPresent: false });
    }
    return { device, operator };
  }

  for (const version of [4, 5] as const) {
    test(`${names[version]}: connects, and QoS 0, 1 and 2 go both ways`, async () => {
      const { device, operator } = await both(version);
      assert.deepEqual((await operator.subscribe('ac/+/state', 2)).codes, [2]);
      assert.deepEqual((await device.subscribe('ac/ac-1/set/#', 2)).codes, [2]);
      for (const qos of [0, 1, 2]) {
        await device.publish('ac/ac-1/state', `up ${qos}`, { qos });
        const up = { topic: 'ac/ac-1/state', text: `up ${qos}`, qos, retain: false };
        assert.deepEqual(await operator.next('message'), { event: 'message', ...up });
        await operator.publish('ac/ac-1/set/mode', `down ${qos}`, { qos });
        const down = { topic: 'ac/ac-1/set/mode', text: `down ${qos}`, qos, retain: false };
        assert.deepEqual(await device.next('message'), { event: 'message', ...down });
      }
      await Promise.all([device.disconnect(), operator.disconnect()]);
    });

    test(`${names[version]}: a retained message waits for a later subscriber, and the will of a killed client comes`, async () => {
      const will = { topic: 'ac/ac-1/availability', text: 'offline' };
      const device = open('ac-1', { version, will });
      await device.next('connected');
      await device.publish('ac/ac-1/kept', 'warm', { qos: 1, retain: true });
      const operator = open('olga', { version });
      await operator.next('connected');
      await operator.subscribe('ac/#', 1);
      const kept = { topic: 'ac/ac-1/kept', text: 'warm', qos: 1, retain: true };
      assert.deepEqual(await operator.next('message'), { event: 'message', ...kept });
      await device.publish('ac/ac-1/kept', '', { qos: 1, retain: true });
      assert.equal((await operator.next('message')).text, '');
      await device.die();
      const last = { topic: will.topic, text: 'offline', qos: 1, retain: false };
      assert.deepEqual(await operator.next('message'), { event: 'message', ...last });
      await operator.disconnect();
    });

    test(`${names[version]}: a kept session goes on with what came meanwhile, at QoS 1 and 2`, async () => {
      const before = open('ac-1', { version, kept: true });
      await before.next('connected');
      await before.subscribe('ac/ac-1/set/#', 2);
      await before.die();
      const operator = open('olga', { version });
      await operator.next('connected');
      for (const qos of [1, 2]) await operator.publish('ac/ac-1/set/mode', `missed ${qos}`, { qos });
      const back = open('ac-1', { version, kept: true });
      assert.equal((await back.next('connected')).sessionPresent, true);
      for (const qos of [1, 2]) {
        const { text, qos: at } = await back.next('message');
        assert.deepEqual([text, at], [`missed ${qos}`, qos]);
      }
      await Promise.all([back.disconnect(), operator.disconnect()]);
      // The next test begins with nothing.
      const clean = open('ac-1', { version });
      assert.equal((await clean.next('connected')).sessionPresent, false);
      await clean.disconnect();
    });
  }
});
