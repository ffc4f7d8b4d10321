import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodePacket, NO_PROPERTIES, Reason } from '@keystile/mqtt';
import { RETAINED_STEPS_MAX } from '../src/limits.ts';
import { topicFilter } from './support/client.ts';
import { versions } from './support/versions.ts';
import { testRules, World } from './support/world.ts';

/** What brokers have fallen to, each as the bytes or the behaviour that did it. */

/** A UTF-8 string with its length before it. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

function packet(firstByte: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let left = body.length; ; left = Math.floor(left / 128)) {
    length.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    if (left <= 0x7f) break;
  }
  return Buffer.concat([Buffer.of(firstByte, ...length), body]);
}

const none = Buffer.of(0);
const id = Buffer.of(0, 1);

describe('A topic of 65,535 slashes', () => {
  const deep = '/'.repeat(65_535);
  const streams: Readonly<Record<string, Buffer>> = {
    'in PUBLISH': packet(0x30, text(deep), none),
    'in a retained PUBLISH': packet(0x33, text(deep), id, none),
    'behind a topic alias': packet(0x30, text(deep), Buffer.of(3, 0x23, 0, 1)),
    'as a response topic': packet(0x30, text('t'), Buffer.of(0x82, 0x80, 0x04, 0x08), text(deep)),
    'in SUBSCRIBE': packet(0x82, id, none, text(deep), Buffer.of(0)),
    'in a shared filter': packet(0x82, id, none, text(`$share/g/${deep.slice(9)}`), Buffer.of(0)),
    'in UNSUBSCRIBE': packet(0xa2, id, none, text(deep)),
  };
  for (const [where, bytes] of Object.entries(streams)) {
    it(`${where} ends the connection before anything is stored or walked`, () => {
      const world = new World();
      const client = world.connect('service:a');
      const startedAt = performance.now();
      client.sendBytes(bytes);
      assert.equal(client.isClosed, true);
      assert.ok(performance.now() - startedAt < 500);
    });
  }

  it('in a will is refused with the CONNECT that brings it', () => {
    const world = new World();
    const client = world.open('service:a');
    const head = Buffer.concat([text('MQTT'), Buffer.of(5, 0x06, 0, 0, 0)]);
    client.sendBytes(packet(0x10, head, text('a'), none, text(deep), text('')));
    assert.equal(client.isClosed, true);
  });
});

describe('A declared length', () => {
  it('takes no memory before CONNECT, and nothing above the limit is waited for', () => {
    const client = new World().open('service:a');
    // CONNECT of 256 MB.
    client.sendBytes(Buffer.of(0x10, 0xff, 0xff, 0xff, 0x7f));
    assert.equal(client.isClosed, true);
  });

  it('of 10,000 unfinished packets takes little more than what has arrived', () => {
    const world = new World();
    // CONNECT of 16,000 bytes that never comes.
    const start = Buffer.of(0x10, 0x80, 0x7d, 0, 4, 0x4d);
    const before = process.memoryUsage();
    const clients = Array.from({ length: 10_000 }, () => world.open('service:a'));
    for (const client of clients) for (const byte of start) client.connection.receive(Uint8Array.of(byte), world.nowMs);
    const after = process.memoryUsage();
    const perClient = (after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers) / clients.length;
    assert.ok(perClient < 8_000, `${perClient} bytes for each connection`);
  });
});

describe('A flood', () => {
  it('of 60,000 user properties ends the connection, at no more than ten times the cost of as many bytes of payload', () => {
    const property = Buffer.concat([Buffer.of(0x26), text('n'), text('v')]);
    const properties = Buffer.concat(Array.from({ length: 60_000 }, () => property));
    const { length } = properties;
    const size = Buffer.of((length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14);
    const flood = packet(0x30, text('t'), size, properties);
    const ordinary = packet(0x30, text('t'), none, properties);
    const fastest = (bytes: Uint8Array, endsIt: boolean): number => {
      const times = Array.from({ length: 20 }, () => {
        const client = new World().connect('service:a');
        const startedAt = performance.now();
        client.sendBytes(bytes);
        const took = performance.now() - startedAt;
        assert.equal(client.isClosed, endsIt);
        return took;
      });
      return Math.min(...times);
    };
    // The payload is copied once; the properties are read up to the first that is one too many.
    const [hostileMs, ordinaryMs] = [fastest(flood, true), fastest(ordinary, false)];
    assert.ok(hostileMs < 10 * ordinaryMs, `${hostileMs} ms, and ${ordinaryMs} ms for a payload`);
    const connect = packet(0x10, text('MQTT'), Buffer.of(5, 2, 0, 0), size, properties, text('a'));
    const client = new World().open('service:a');
    client.sendBytes(connect);
    assert.equal(client.isClosed, true);
  });

  it('of refused publishes fills neither the log nor the broker', () => {
    const world = new World();
    const client = world.connect('device:a');
    for (let packetId = 1; packetId <= 2000; packetId++) client.publish('forbidden', { qos: 1, packetId });
    assert.equal(client.isClosed, false);
    const logged = world.events.filter((event) => event.code === 'KS-B300').length;
    assert.ok(logged > 16 && logged < 32, `${logged} lines`);
  });

  it('of SUBSCRIBE for everything that is retained shares its turns with the others', () => {
    const world = new World();
    const writer = world.connect('service:writer');
    const count = 5 * RETAINED_STEPS_MAX;
    for (let topic = 0; topic < count; topic++) writer.publish(`t/${topic}`, { retain: true, payload: 'x' });
    const greedy = world.connect('service:greedy');
    const subscriptions = [
      { filter: topicFilter('#'), qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const,
    ];
    const subscribe = encodePacket(
      { kind: 'subscribe', packetId: greedy.nextId(), subscriptions, properties: NO_PROPERTIES },
      5,
    );
    // One chunk with a hundred of them: the same filter again starts its walk anew, it does not add one.
    const turns = world.turnsOf(() => greedy.sendBytes(Buffer.concat(Array.from({ length: 100 }, () => subscribe))));
    assert.ok(turns >= count / RETAINED_STEPS_MAX, `${turns} turns`);
    assert.equal(greedy.takeMessages().length, count);
  });

  for (const version of versions) {
    for (const keepAliveSeconds of [0, 65_535]) {
      it(`of silence ends by the maximum of the server, whatever keep alive the client chose: ${keepAliveSeconds}, version ${version}`, () => {
        const world = new World({ limits: { keepAliveMaxSeconds: 60 } });
        const client = world.connect('service:a', { version, keepAliveSeconds });
        world.advance(89_000);
        assert.equal(client.isClosed, false);
        world.advance(1000);
        assert.equal(client.isClosed, true);
        assert.ok(world.events.some((event) => event.code === 'KS-B114'));
      });
    }
  }

  it('of bytes one at a time does not put off the end of the time for CONNECT', () => {
    const world = new World();
    const client = world.open('service:a');
    const connect = packet(0x10, text('MQTT'), Buffer.of(5, 2, 0, 0, 0), text('a'));
    for (const byte of connect.subarray(0, -1)) {
      if (client.isClosed) break;
      client.sendBytes(Uint8Array.of(byte));
      world.advance(1000);
    }
    assert.equal(client.isClosed, true);
    assert.ok(world.events.some((event) => event.code === 'KS-B111'));
  });
});

describe('A session', () => {
  it('leaves nothing behind in 2,000 rounds of connecting, subscribing and breaking off', () => {
    const world = new World();
    for (let round = 0; round < 2000; round++) {
      const client = world.connect('service:a', { clientId: `a/${round}`, will: { topic: 'w' } });
      client.subscribeAll(['t/#', `$share/g${round}/t`, `t/${round}`]);
      client.drop();
    }
    assert.equal(world.broker.connectionCount, 0);
    assert.equal([...world.store.sessions.all()].length, 0);
    const writer = world.connect('service:writer');
    const answer = writer.publish('t/1', { qos: 1 });
    assert.equal(answer?.kind === 'puback' && answer.reason, Reason.noMatchingSubscribers);
  });

  it('cannot be reached by a client id that looks like a pattern or another key', () => {
    for (const clientId of ['a/+', 'a/#', 'a/%i', 'a/../b', 'a/ b', 'a/.*']) {
      const world = new World();
      const victim = world.connect('service:a', { clientId: 'a/x', cleanStart: false });
      const client = world.connect('service:a', { clientId, cleanStart: false });
      assert.equal(client.connack?.sessionPresent, false, clientId);
      assert.equal(victim.isClosed, false);
    }
  });
});

describe('Retained messages', () => {
  it('give their place back when they expire, also when nobody asks for them', () => {
    const rules = (['publish', 'subscribe'] as const).map((action) => {
      return { roles: ['service'], action, topic: '$x/#', effect: 'allow' } as const;
    });
    const world = new World({ limits: { retainedMessagesMax: 2 }, rules: [...testRules, ...rules] });
    const writer = world.connect('service:writer');
    const properties = { messageExpiryInterval: 5 };
    for (const topic of ['a', '$x/b']) writer.publish(topic, { qos: 1, retain: true, payload: 'x', properties });
    world.advance(7000);
    assert.equal(world.store.retained.count, 0);
    assert.equal(world.store.retained.bytes, 0);
  });
});
