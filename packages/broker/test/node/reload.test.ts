import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, before, beforeEach, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import type { MqttClient } from 'mqtt';
import { closed, connected } from '../support/mqtt-client.ts';
import { issuersOf, mqttsListener, rulesFor, TestBroker } from '../support/test-broker.ts';
import { TestFleet, type TlsIdentity } from '../support/test-fleet.ts';
import { until } from '../support/until.ts';

let fleet: TestFleet;
let device: TlsIdentity;
let operator: TlsIdentity;
let broker: TestBroker;
const open: MqttClient[] = [];

before(async () => {
  fleet = await TestFleet.make();
  device = await fleet.client('device', 'ac-1');
  operator = await fleet.client('operator', 'olga');
});

beforeEach(async () => {
  broker = await TestBroker.start(fleet, mqttsListener() + rulesFor(['device', 'operator'], '#'));
});

afterEach(async () => {
  for (const client of open.splice(0)) client.end(true);
  await broker.close();
  assert.deepEqual(broker.faults, []);
});

async function admit(identity: TlsIdentity, clientId: string): Promise<MqttClient> {
  const client = await connected({ port: broker.port('mqtts'), fleet, identity }, { clientId });
  open.push(client);
  return client;
}

/** Serial number of the certificate that the listener shows now. */
async function shownSerial(): Promise<string> {
  const ca = fleet.authorities.root.pem;
  const socket = connectTls({ host: 'localhost', port: broker.port('mqtts'), ca, ...device });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

describe('A reload', () => {
  it('shows a new certificate to new clients, and keeps those who are connected', async () => {
    const client = await admit(device, 'ac-1');
    const first = await shownSerial();
    const { key, cert } = await fleet.server();
    await writeFile(join(broker.folder, 'key.pem'), key);
    await writeFile(join(broker.folder, 'cert.pem'), cert);
    broker.running.reload();
    assert.notEqual(await shownSerial(), first);
    await client.publishAsync('ac/ac-1/state', 'x', { qos: 1 });
    await admit(operator, 'olga');
  });

  it('takes new rules, and removes the subscriptions that they no longer allow', async () => {
    const reader = await admit(operator, 'olga');
    await reader.subscribeAsync(['ac/#', 'other/#'], { qos: 1 });
    const topics: string[] = [];
    reader.on('message', (topic) => topics.push(topic));
    broker.toml = issuersOf(fleet) + mqttsListener() + rulesFor(['device'], '#') + rulesFor(['operator'], 'ac/#');
    broker.running.reload();
    const writer = await admit(device, 'ac-1');
    await writer.publishAsync('other/x', '1', { qos: 1 });
    await writer.publishAsync('ac/x', '2', { qos: 1 });
    await until(
      () => topics.length > 0,
      () => 'nothing came',
    );
    assert.deepEqual(topics, ['ac/x']);
  });

  it('ends the clients of an issuer that is no longer accepted, and no others', async () => {
    const gone = await admit(device, 'ac-1');
    const stays = await admit(operator, 'olga');
    const end = closed(gone);
    broker.toml = broker.toml.replace('roles = ["device"]\n\n', 'roles = ["service"]\n\n');
    broker.running.reload();
    await end;
    assert.equal(broker.events.findLast(({ event }) => event === 'disconnected')?.code, 'KS-B202');
    await stays.publishAsync('ac/x', 'x', { qos: 1 });
    await assert.rejects(admit(device, 'ac-1'));
  });

  it('that fails leaves everything as it was, and says why', async () => {
    const client = await admit(device, 'ac-1');
    const first = await shownSerial();
    const { cert } = await fleet.server();
    await writeFile(join(broker.folder, 'cert.pem'), cert);
    broker.toml += '\n[[rule]]\nroles = ["device"]\naction = "publish"\neffect = "deny"\ntopics = ["#"]\n';
    assert.throws(() => broker.running.reload(), { code: 'KS-B105' });
    assert.equal(await shownSerial(), first);
    await client.publishAsync('ac/ac-1/state', 'x', { qos: 1 });
  });

  it('refuses what needs a restart', () => {
    const running = broker.toml;
    for (const [from, to] of [
      ['port = 0', 'port = 0\nhalf_open = 5'],
      ['name = "devices"', 'name = "gadgets"'],
      ['[[rule]]', '[metrics]\nport = 0\n\n[[rule]]'],
    ] as const) {
      broker.toml = running.replace(from, to);
      assert.throws(() => broker.running.reload(), { code: 'KS-B348' });
    }
  });
});
