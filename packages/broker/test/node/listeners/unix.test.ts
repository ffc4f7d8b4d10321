import assert from 'node:assert/strict';
import { once } from 'node:events';
import { stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { before, test } from 'node:test';
import mqtt, { MqttClient } from 'mqtt';
import { nextMessage } from '../../support/mqtt-client.ts';
import { TestBroker } from '../../support/test-broker.ts';
import { TestFleet } from '../../support/test-fleet.ts';

const unix = `[[listener]]
name = "local"
kind = "unix"
path = "broker.sock"
identity = "urn:keystile:home:operator:local"
client_ids = "any"
`;

let fleet: TestFleet;
before(async () => {
  fleet = await TestFleet.make();
});

test('clients of a Unix socket are the configured identity, and nobody but its owner can open it', async () => {
  const broker = await TestBroker.start(fleet, unix);
  const path = join(broker.folder, 'broker.sock');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const client = new MqttClient(() => connect(path), { clientId: 'whoever', protocolVersion: 5, reconnectPeriod: 0 });
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  await client.subscribeAsync('ac/#', { qos: 1 });
  const received = nextMessage(client);
  await client.publishAsync('ac/1/set/mode', 'dry', { qos: 2 });
  assert.equal((await received).text, 'dry');
  await client.endAsync();
  await broker.close();
});

test('a socket left over by a killed process is replaced; one in use and a plain file are not', async () => {
  const broker = await TestBroker.start(fleet, unix);
  const path = join(broker.folder, 'broker.sock');
  await assert.rejects(TestBroker.start(fleet, unix.replace('broker.sock', path)), /KS-B103/);
  await broker.close();
  const other = await TestBroker.start(fleet, unix.replace('"local"', '"other"'));
  const file = join(other.folder, 'plain');
  await writeFile(file, '');
  await assert.rejects(TestBroker.start(fleet, unix.replace('broker.sock', file)), /KS-B104/);
  await other.close();
});

test('an insecure listener needs consent, and never leaves the loopback address', async () => {
  const insecure = (address: string): string => `[[listener]]
name = "plain"
kind = "insecure"
address = "${address}"
port = 0
identity = "urn:keystile:home:operator:local"
client_ids = "any"
`;
  await assert.rejects(TestBroker.start(fleet, insecure('0.0.0.0')), /KS-B106/);
  const broker = await TestBroker.start(fleet, insecure('127.0.0.1'));
  const client = mqtt.connect({
    protocol: 'mqtt',
    host: '127.0.0.1',
    port: broker.port('insecure'),
    reconnectPeriod: 0,
  });
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  await client.endAsync();
  await broker.close();
});

test('a port in use and an address of another machine are coded errors', async () => {
  const busy = createServer().listen(0, '127.0.0.1');
  await once(busy, 'listening');
  const { port } = busy.address() as { port: number };
  const listener = (where: string): string =>
    `[[listener]]\nname = "plain"\nkind = "insecure"\nidentity = "urn:keystile:home:operator:local"\n${where}\n`;
  await assert.rejects(TestBroker.start(fleet, listener(`port = ${port}`)), /KS-B103.*'plain'/);
  busy.close();
});
