import assert from 'node:assert/strict';
import { Duplex, duplexPair } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeystileError } from '@keystile/errors';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { BrokerConnection } from '../src/broker-connection.ts';
import { topicsOf } from '../src/topics.ts';

const topics = topicsOf('ac-1');

/** The far end of a stream: a broker that accepts, acknowledges and remembers what it got. */
class Acceptor {
  readonly near: Duplex;
  readonly received: Packet[] = [];
  /** Sent before CONNACK, for a broker that asks for more than a certificate. */
  readonly #question: Packet | undefined;
  readonly #far: Duplex;

  constructor(question?: Packet) {
    this.#question = question;
    const [near, far] = duplexPair();
    this.near = near;
    this.#far = far;
    const parser = mqttPacket.parser({ protocolVersion: 5 });
    parser.on('packet', (packet) => this.#answer(packet));
    far.on('data', (bytes: Buffer) => parser.parse(bytes));
  }

  send(packet: Packet): void {
    this.#far.write(mqttPacket.generate(packet, { protocolVersion: 5 }));
  }

  drop(): void {
    this.#far.destroy();
    this.near.destroy();
  }

  #answer(packet: Packet): void {
    this.received.push(packet);
    if (packet.cmd === 'connect' && this.#question !== undefined) this.send(this.#question);
    else if (packet.cmd === 'connect' || packet.cmd === 'auth') {
      this.send({ cmd: 'connack', reasonCode: 0, sessionPresent: false });
    }
    if (packet.cmd === 'publish' && packet.qos === 1) this.send({ cmd: 'puback', messageId: packet.messageId ?? 0 });
    if (packet.cmd === 'subscribe') {
      this.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: packet.subscriptions.map(() => 1) });
    }
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 400 && !condition(); round++) await sleep(10);
  assert.ok(condition(), 'it did not happen within four seconds');
}

test('it connects with a will, says that the unit is online, subscribes without retained commands, and says goodbye', async () => {
  const broker = new Acceptor();
  let connected: Duplex | undefined;
  const connection = new BrokerConnection({
    clientId: 'ac-1',
    topics,
    dial: () => broker.near,
    random: () => 0,
    onConnected: (stream) => {
      connected = stream;
    },
    onMessage: () => undefined,
    onDown: () => assert.fail('it did not go down'),
  });
  await until(() => broker.received.length >= 3);
  const [connect, ...rest] = broker.received;
  assert.equal(connected, broker.near);
  assert.ok(connect?.cmd === 'connect' && connect.protocolVersion === 5 && connect.clientId === 'ac-1');
  assert.deepEqual(
    [connect.will?.topic, String(connect.will?.payload), connect.will?.retain],
    [topics.availability, 'offline', true],
  );
  const subscription = rest.find((packet) => packet.cmd === 'subscribe');
  assert.deepEqual(
    subscription?.subscriptions.map(({ topic, rh }) => [topic, rh]),
    [
      [topics.set, 2],
      [topics.time, 2],
    ],
  );
  await connection.stop();
  const published = broker.received
    .filter((packet) => packet.cmd === 'publish')
    .map((packet) => String(packet.payload));
  assert.deepEqual(published, ['online', 'offline']);
  assert.equal(broker.received.at(-1)?.cmd, 'disconnect');
});

test('a stream that fails is reported with its own error, and the next dial comes after a pause', async () => {
  const refusal = new KeystileError('KS-D100', 'nobody listens');
  const broker = new Acceptor();
  const downs: [unknown, number][] = [];
  let dials = 0;
  const connection = new BrokerConnection({
    clientId: 'ac-1',
    topics,
    dial: () => {
      dials += 1;
      if (dials > 1) return broker.near;
      const failing = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
      setImmediate(() => failing.destroy(refusal));
      return failing;
    },
    random: () => 0.9,
    onConnected: () => undefined,
    onMessage: () => undefined,
    onDown: (why, retryMs) => downs.push([why, retryMs]),
  });
  await until(() => connection.connected);
  assert.equal(dials, 2);
  assert.deepEqual(downs, [[refusal, 320]]);
  broker.drop();
  await until(() => downs.length === 2);
  await connection.stop();
});

test('messages of the set topics arrive with their bytes', async () => {
  const broker = new Acceptor();
  const messages: string[] = [];
  const connection = new BrokerConnection({
    clientId: 'ac-1',
    topics,
    dial: () => broker.near,
    random: () => 0,
    onConnected: () => undefined,
    onMessage: (topic, packet) => messages.push(`${topic} ${String(packet.payload)}`),
    onDown: () => undefined,
  });
  await until(() => broker.received.some(({ cmd }) => cmd === 'subscribe'));
  broker.send({ cmd: 'publish', topic: 'ac/ac-1/set/mode', payload: 'heat', qos: 0, dup: false, retain: false });
  await until(() => messages.length === 1);
  assert.deepEqual(messages, ['ac/ac-1/set/mode heat']);
  await connection.stop();
});

test('it names its authentication method and answers by the stream that asks, before it is connected', async () => {
  const properties = { authenticationMethod: 'm', authenticationData: Buffer.from('prove it') };
  const broker = new Acceptor({ cmd: 'auth', reasonCode: 0x18, properties });
  let answeredOn: Duplex | undefined;
  const connection = new BrokerConnection({
    clientId: 'ac-1',
    topics,
    dial: () => broker.near,
    authentication: {
      properties: { authenticationMethod: 'm' },
      answers: (current) => (_packet, callback) => {
        answeredOn = current();
        const answer = { authenticationMethod: 'm', authenticationData: Buffer.from('proof') };
        callback(undefined, { cmd: 'auth', reasonCode: 0x18, properties: answer });
      },
    },
    random: () => 0,
    onConnected: () => undefined,
    onMessage: () => undefined,
    onDown: () => undefined,
  });
  await until(() => connection.connected);
  assert.equal(answeredOn, broker.near);
  const [connect, auth] = broker.received;
  assert.ok(connect?.cmd === 'connect' && auth?.cmd === 'auth');
  assert.equal(connect.properties?.authenticationMethod, 'm');
  assert.equal(String(auth.properties?.authenticationData), 'proof');
  await connection.stop();
});
