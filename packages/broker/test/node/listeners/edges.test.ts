import assert from 'node:assert/strict';
import { connect as connectUnix } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { type IClientOptions, MqttClient } from 'mqtt';
import { generate, type Packet } from 'mqtt-packet';
import { createWebSocketStream, WebSocket } from 'ws';
import { nextMessage } from '../../support/mqtt-client.ts';
import { RawMqtt } from '../../support/raw-mqtt.ts';
import { mqttsListener, rulesFor, TestBroker, wssWithCertificates } from '../../support/test-broker.ts';
import { TestFleet, type TlsIdentity } from '../../support/test-fleet.ts';

/** The three edges share one driver and one core: each does the same, in both versions of the protocol. */
const edges = ['TLS', 'WebSocket', 'Unix socket'] as const;
type Edge = (typeof edges)[number];

const unix = `[[listener]]
name = "local"
kind = "unix"
path = "broker.sock"
identity = "urn:keystile:home:operator:olga"
`;

describe('The edges', () => {
  let fleet: TestFleet;
  let broker: TestBroker;
  let olga: TlsIdentity;
  const clients: MqttClient[] = [];
  const streams: Duplex[] = [];

  before(async () => {
    fleet = await TestFleet.make();
    olga = await fleet.client('operator', 'olga');
    const toml = mqttsListener() + wssWithCertificates + unix + rulesFor(['operator'], 't/#');
    broker = await TestBroker.start(fleet, `[clients_at_once]\noperator = 100\n\n${toml}`);
  });

  after(async () => {
    for (const client of clients) client.end(true);
    for (const stream of streams) stream.destroy();
    await broker.close();
    assert.deepEqual(broker.faults, []);
  });

  function dial(edge: Edge): Duplex {
    const stream = dialled(edge);
    streams.push(stream);
    return stream;
  }

  function dialled(edge: Edge): Duplex {
    const ca = fleet.authorities.root.pem;
    switch (edge) {
      case 'TLS':
        return connectTls({ host: 'localhost', port: broker.port('mqtts'), ca, ...olga });
      case 'WebSocket': {
        const socket = new WebSocket(`wss://localhost:${broker.port('wss')}/`, ['mqtt'], { ca, ...olga });
        socket.once('open', () => assert.equal(socket.protocol, 'mqtt'));
        return createWebSocketStream(socket);
      }
      case 'Unix socket':
        return connectUnix(join(broker.folder, 'broker.sock'));
    }
  }

  async function enter(edge: Edge, options: IClientOptions): Promise<MqttClient> {
    const client = new MqttClient(() => dial(edge), { reconnectPeriod: 0, ...options });
    clients.push(client);
    await new Promise<void>((resolve) => client.once('connect', () => resolve()));
    return client;
  }

  for (const edge of edges) {
    for (const protocolVersion of [4, 5] as const) {
      const title = `${edge}, version ${protocolVersion}`;

      test(`${title}: QoS 0, 1 and 2, what is retained, a will and a kept session`, async () => {
        const properties = { sessionExpiryInterval: 60 };
        const kept = { clientId: 'olga/kept', protocolVersion, clean: false, properties };
        const will = { topic: 't/will', payload: Buffer.from('gone'), qos: 1, retain: false } as const;
        const writer = await enter(edge, { clientId: 'olga/writer', protocolVersion, will });
        const before = await enter(edge, kept);
        await before.subscribeAsync('t/#', { qos: 2 });
        for (const qos of [0, 1, 2] as const) {
          const received = nextMessage(before);
          await writer.publishAsync('t/live', `at ${qos}`, { qos });
          const { text, packet } = await received;
          assert.deepEqual([text, packet.qos], [`at ${qos}`, qos]);
        }
        await before.endAsync();
        await writer.publishAsync('t/kept', 'meanwhile', { qos: 1, retain: true });
        const again = new MqttClient(() => dial(edge), { reconnectPeriod: 0, ...kept });
        clients.push(again);
        assert.equal((await nextMessage(again)).text, 'meanwhile');
        const dying = nextMessage(again);
        (writer.stream as Duplex).destroy();
        assert.equal((await dying).text, 'gone');
        const retained = nextMessage(again);
        await again.subscribeAsync('t/kept', { qos: 1 });
        assert.equal((await retained).packet.retain, true);
        await again.publishAsync('t/kept', '', { qos: 1, retain: true });
        await again.unsubscribeAsync(['t/#', 't/kept']);
        await again.endAsync();
        await (await enter(edge, { ...kept, clean: true, properties: {} })).endAsync();
      });

      test(`${title}: packets come cut anywhere, and several at once`, async () => {
        const stream = dial(edge);
        const raw = new RawMqtt(stream, protocolVersion);
        const bytesOf = (packet: Packet): Buffer => generate(packet, { protocolVersion });
        const connect = bytesOf({
          cmd: 'connect',
          protocolId: 'MQTT',
          protocolVersion,
          clientId: 'olga/raw',
          clean: true,
          keepalive: 30,
        });
        for (const byte of connect) stream.write(Buffer.of(byte));
        assert.equal((await raw.next()).cmd, 'connack');
        const subscribe = bytesOf({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't/raw', qos: 0 }] });
        const publish = bytesOf({
          cmd: 'publish',
          topic: 't/raw',
          payload: 'x',
          qos: 0,
          dup: false,
          retain: false,
        });
        const all = Buffer.concat([subscribe, publish, bytesOf({ cmd: 'pingreq' }), publish]);
        stream.write(all.subarray(0, all.length - 3));
        stream.write(all.subarray(all.length - 3));
        const kinds = [await raw.next(), await raw.next(), await raw.next(), await raw.next()].map(({ cmd }) => cmd);
        assert.deepEqual(kinds.sort(), ['pingresp', 'publish', 'publish', 'suback']);
        stream.destroy();
      });

      test(`${title}: a fault is told by DISCONNECT where the version has it, and the transport closes`, async () => {
        const stream = dial(edge);
        const raw = new RawMqtt(stream, protocolVersion);
        raw.connect('olga/fault');
        assert.equal((await raw.next()).cmd, 'connack');
        // PUBLISH with QoS 3.
        stream.write(Buffer.of(0x36, 0x00));
        if (protocolVersion === 5) {
          const last = await raw.next();
          assert.ok(last.cmd === 'disconnect');
          assert.equal(last.reasonCode, 0x81);
        }
        await raw.closed();
      });
    }

    test(`${edge}: a session goes on over another edge, which takes it over`, async () => {
      const other = edges[(edges.indexOf(edge) + 1) % edges.length] ?? edge;
      const kept = { clientId: 'olga/moving', protocolVersion: 5, clean: false } as const;
      const options = { ...kept, properties: { sessionExpiryInterval: 60 } };
      const first = await enter(edge, options);
      await first.subscribeAsync('t/moving', { qos: 1 });
      const told = new Promise<number | undefined>((resolve) =>
        first.once('disconnect', ({ reasonCode }) => resolve(reasonCode)),
      );
      const second = await enter(other, options);
      assert.equal(await told, 0x8e);
      const received = nextMessage(second);
      await second.publishAsync('t/moving', 'here', { qos: 1 });
      assert.equal((await received).text, 'here');
      await second.endAsync();
      await (await enter(other, { ...kept, clean: true })).endAsync();
    });
  }
});
