import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concatBytes } from '@keystile/bytes';
import { encodePacket, NO_PROPERTIES, Reason } from '@keystile/mqtt';
import { type Client, type ClientOptions, topicName } from '../support/client.ts';
import { versions } from '../support/versions.ts';
import { World } from '../support/world.ts';

function kindsOf(client: Client): string[] {
  return client.take().map((packet) => packet.kind);
}

/** CONNECT with a protocol name and a level of the test's choice, and nothing but a client id after them. */
function connectOf(name: string, level: number): Uint8Array {
  const body = [0, name.length, ...Buffer.from(name), level, 0x02, 0, 0, ...(level >= 5 ? [0] : []), 0, 1, 0x61];
  return Uint8Array.from([0x10, body.length, ...body]);
}

for (const version of versions) {
  describe(`CONNECT and its answer, version ${version}`, () => {
    it('is the first thing that is taken: anything else closes without an answer', () => {
      for (const bytes of [
        encodePacket({ kind: 'pingreq' }, version),
        encodePacket({ kind: 'disconnect', reason: Reason.success, properties: NO_PROPERTIES }, version),
        Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      ]) {
        const client = new World().open('service:a', { version, unread: true });
        client.sendBytes(bytes);
        assert.equal(client.isClosed, true);
      }
    });

    it('comes first, and once, whatever the client sends along with its CONNECT', () => {
      const world = new World();
      const kept: ClientOptions = { version, cleanStart: false, properties: { sessionExpiryInterval: 60 } };
      const before = world.connect('service:a', kept);
      before.subscribe('t', { qos: 1 });
      before.drop();
      world.connect('service:writer', { version }).publish('t', { qos: 1 });
      const client = world.open('service:a', kept);
      const connect = {
        kind: 'connect',
        version,
        cleanStart: false,
        keepAliveSeconds: 0,
        clientId: 'a',
        properties: NO_PROPERTIES,
      } as const;
      client.sendBytes(concatBytes(encodePacket(connect, version), encodePacket({ kind: 'pingreq' }, version)));
      const kinds = kindsOf(client);
      assert.equal(kinds[0], 'connack');
      assert.deepEqual(kinds.slice(1).sort(), ['pingresp', 'publish']);
    });

    it('when it is refused, nothing that came with it is done', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      reader.subscribe('#');
      const client = world.open('service:a', { version });
      const connect = {
        kind: 'connect',
        version,
        cleanStart: true,
        keepAliveSeconds: 0,
        clientId: 'somebody-else',
        will: { topic: topicName('will'), payload: Buffer.from('w'), qos: 0, retain: false, properties: NO_PROPERTIES },
        properties: NO_PROPERTIES,
      } as const;
      const publish = {
        kind: 'publish',
        topic: topicName('t'),
        payload: Buffer.from('x'),
        qos: 0,
        retain: false,
        dup: false,
        packetId: undefined,
        properties: NO_PROPERTIES,
      } as const;
      client.sendBytes(concatBytes(encodePacket(connect, version), encodePacket(publish, version)));
      assert.deepEqual(kindsOf(client), ['connack']);
      assert.equal(client.connack?.code, version === 5 ? Reason.clientIdentifierNotValid : 2);
      assert.equal(client.connack?.sessionPresent, false);
      assert.equal(client.isClosed, true);
      world.advance(10_000);
      assert.deepEqual(reader.takeMessages(), []);
    });

    it('may name any client id of 1 to 23 letters and digits, where the listener leaves the choice', () => {
      const alphabet = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
      const ids = [...alphabet, ...Array.from({ length: 40 }, (_, at) => alphabet.slice(at, at + 23))];
      const world = new World();
      for (const clientId of ids) {
        const client = world.connect('service:a', { version, clientId, clientIds: 'any' });
        assert.equal(client.connack?.properties.assignedClientIdentifier, undefined);
      }
      assert.equal(world.broker.connectionCount, ids.length);
    });

    it('without a client id gets one that no session has, and is told it where the version can', () => {
      const world = new World();
      const options: ClientOptions = { version, clientId: '', clientIds: 'any' };
      const clients = Array.from({ length: 50 }, () => world.connect('service:a', options));
      const ids = clients.map((client) => client.connection.connected?.clientId);
      assert.equal(new Set(ids).size, clients.length);
      const told = clients.map((client) => client.connack?.properties.assignedClientIdentifier);
      assert.deepEqual(told, version === 5 ? ids : ids.map(() => undefined));
      assert.ok(clients.every((client) => !client.isClosed));
    });

    it('with the reserved flag is no CONNECT, and is closed without an answer', () => {
      const bytes = connectOf('MQTT', version);
      bytes[9] = 0x03;
      const client = new World().open('service:a', { version });
      client.sendBytes(bytes);
      assert.equal(client.isClosed, true);
      assert.equal(client.connack, undefined);
    });
  });
}

describe('CONNECT, version 4', () => {
  it('keeps the keep alive that it asked for', () => {
    const client = new World({ limits: { keepAliveMaxSeconds: 200 } });
    const connected = client.connect('service:a', { version: 4, keepAliveSeconds: 100 });
    client.advance(149_000);
    assert.equal(connected.isClosed, false);
    client.advance(1000);
    assert.equal(connected.isClosed, true);
  });

  it('with keep alive 0, or more than the server has patience for, is overdue when that is over (§3.1.2.10)', () => {
    for (const keepAliveSeconds of [0, 100]) {
      const world = new World({ limits: { keepAliveMaxSeconds: 10 } });
      const client = world.connect('service:a', { version: 4, keepAliveSeconds });
      world.advance(14_000);
      assert.equal(client.isClosed, false);
      world.advance(1000);
      assert.equal(client.isClosed, true);
    }
  });
});

describe('CONNECT of a version that is not served', () => {
  it('is answered in the version that it may know, and closed', () => {
    for (const level of [0, 2, 3, 6, 0xff]) {
      const client = new World().open('service:a', { version: level === 3 ? 4 : 5 });
      client.sendBytes(connectOf('MQTT', level));
      assert.equal(client.connack?.code, level === 3 ? 1 : Reason.unsupportedProtocolVersion, `level ${level}`);
      assert.equal(client.isClosed, true);
    }
  });

  it('under another protocol name is not processed', () => {
    for (const name of ['mqtt', 'MQTx', 'HTTP']) {
      const client = new World().open('service:a', { version: 5, unread: true });
      client.sendBytes(connectOf(name, 5));
      assert.equal(client.isClosed, true, name);
      assert.equal(client.connection.connected, undefined);
    }
  });
});

describe('CONNECT, version 5', () => {
  it('keeps its own keep alive when the server names none', () => {
    const world = new World({ limits: { keepAliveMaxSeconds: 100 } });
    const client = world.connect('service:a', { keepAliveSeconds: 60 });
    assert.equal(client.connack?.properties.serverKeepAlive, undefined);
    world.advance(89_000);
    assert.equal(client.isClosed, false);
    world.advance(1000);
    assert.equal(client.takeDisconnect(), Reason.keepAliveTimeout);
  });

  it('gets no response information, whether or not it asks', () => {
    for (const requestResponseInformation of [0, 1]) {
      const client = new World().connect('service:a', { properties: { requestResponseInformation } });
      assert.equal(client.connack?.properties.responseInformation, undefined);
    }
  });

  it('hears of everything that the server can: no property in CONNACK takes a feature away', () => {
    const { properties } = new World().connect('service:a').connack ?? {};
    const unsaid = [
      'maximumQoS',
      'retainAvailable',
      'wildcardSubscriptionAvailable',
      'subscriptionIdentifiersAvailable',
      'sharedSubscriptionAvailable',
    ];
    for (const name of unsaid) assert.equal(Reflect.get(properties ?? {}, name), undefined, name);
  });

  it('is refused by CONNACK alone: DISCONNECT is for those who were admitted', () => {
    const faults: readonly ((client: Client) => void)[] = [
      (client) => client.sendBytes(Uint8Array.of(0x10, 0x00)),
      (client) => client.sendBytes(connectOf('MQTT', 6)),
      (client) => client.sendConnect(),
    ];
    for (const send of faults) {
      const client = new World().open('service:a', { clientId: 'b' });
      send(client);
      assert.equal(client.isClosed, true);
      assert.ok(!kindsOf(client).includes('disconnect'));
    }
  });
});
