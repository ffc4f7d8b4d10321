import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NO_PROPERTIES, Reason } from '@keystile/mqtt';
import type { Connection } from '../../src/connection/connection.ts';
import { HELD_BACK_TURNS_MAX, RETAINED_STEPS_MAX, TOPIC_ALIAS_OUT_MAX } from '../../src/limits.ts';
import type { Client } from '../support/client.ts';
import { MADE_ONCE, reachableBytes } from '../support/memory.ts';
import { versions } from '../support/versions.ts';
import { World } from '../support/world.ts';

/** What makes brokers grow: state that one client can ask for without end. Each with its bound, and a client beside it. */

const full = process.env.KEYSTILE_TEST_FULL === '1';

/** A reader and a writer that must not notice anything. */
class Bystander {
  readonly #reader: Client;
  readonly #writer: Client;
  #sent = 0;

  constructor(world: World) {
    this.#reader = world.connect('service:bystander');
    this.#reader.subscribe('calm/#', { qos: 1 });
    this.#writer = world.connect('service:beside');
  }

  check(): void {
    this.#sent += 1;
    assert.equal(this.#writer.publish('calm/t', { qos: 1, payload: `${this.#sent}` })?.kind, 'puback');
    assert.deepEqual(this.#reader.takeTexts(), [`calm/t=${this.#sent}`]);
  }
}

for (const version of versions) {
  describe(`QoS 2 identifiers that are never released, version ${version}`, () => {
    it('hold no more bytes than the session may, over any number of connections', () => {
      const queuedBytesMax = 200_000;
      const world = new World({ limits: { queuedBytesMax } });
      const bystander = new Bystander(world);
      let packetId = 0;
      for (let round = 0; round < 50; round++) {
        const kept = { version, cleanStart: false, manual: true, properties: NO_PROPERTIES } as const;
        const keeps = version === 5 ? { ...kept, properties: { sessionExpiryInterval: 3600 } } : kept;
        const client = world.connect('device:a', keeps);
        for (let count = 0; count < 100 && !client.isClosed; count++) {
          packetId = 1 + (packetId % 65_535);
          client.publish('ac/a/t', { qos: 2, packetId, payload: 'x'.repeat(1000) });
        }
        client.drop();
        const held = [...world.store.sessions.all()].map((session) => session.held.bytes);
        assert.ok(Math.max(...held) <= queuedBytesMax, `${held} bytes`);
        bystander.check();
      }
    });
  });
}

describe('A take-over storm', () => {
  it('leaves one session and one connection, and loses nothing that was acknowledged', () => {
    const rounds = full ? 20_000 : 1000;
    const world = new World();
    const bystander = new Bystander(world);
    const writer = world.connect('service:writer');
    const kept = { cleanStart: false, properties: { sessionExpiryInterval: 3600 } } as const;
    let victim = world.connect('device:a', kept);
    victim.subscribe('ac/a/set/#', { qos: 1 });
    let received = 0;
    const take = (client: Client): void => {
      for (const text of client.takeTexts()) {
        assert.equal(text, `ac/a/set/t=${received}`);
        received += 1;
      }
    };
    let before = 0;
    for (let round = 0; round < rounds; round++) {
      if (round === rounds / 10) before = reachableBytes();
      writer.publish('ac/a/set/t', { qos: 1, payload: `${round}` });
      const successor = world.connect('device:a', kept);
      assert.equal(successor.connack?.sessionPresent, true);
      assert.equal(victim.isClosed, true);
      take(victim);
      assert.equal(victim.takeDisconnect(), Reason.sessionTakenOver);
      victim = successor;
      world.events.length = 0;
      if (round % 100 === 0) bystander.check();
    }
    take(victim);
    assert.equal(received, rounds);
    assert.equal(world.broker.connectionCount, 4);
    const grown = reachableBytes() - before;
    // A connection alone is more than a thousand bytes.
    assert.ok(grown < MADE_ONCE + 400 * rounds, `${grown} bytes are left of ${rounds} take-overs`);
  });
});

describe('Subscribing and unsubscribing without end', () => {
  it('leaves nothing in the tree, and others get their messages', () => {
    const rounds = full ? 200_000 : 2000;
    const world = new World();
    const bystander = new Bystander(world);
    const client = world.connect('service:a');
    let before = 0;
    for (let round = 0; round < rounds; round++) {
      if (round === rounds / 10) before = reachableBytes();
      const filter = `${round}/${'+/'.repeat(29)}#`;
      client.subscribeAll([filter, `$share/g${round}/${filter}`]);
      assert.deepEqual(client.unsubscribe(filter), [Reason.success]);
      client.unsubscribe(`$share/g${round}/${filter}`);
      if (round % 500 === 0) bystander.check();
    }
    const grown = reachableBytes() - before;
    // One filter of 32 levels alone is several thousand bytes of tree.
    assert.ok(grown < 400 * rounds, `${grown} bytes are left of ${rounds} rounds`);
  });
});

describe('Topic aliases', () => {
  it('cost a connection no more than the announced number of topics, whoever sets them and how often', () => {
    const world = new World();
    const client = world.connect('service:a', { properties: { topicAliasMaximum: 65_535 } });
    client.subscribe('in/#');
    const long = 'x'.repeat(4000);
    const before = reachableBytes();
    for (let round = 0; round < 2000; round++) {
      client.publish(`out/${round}${long}`, {
        properties: { topicAlias: 1 + (round % world.limits.topicAliasMaximum) },
      });
      client.publish(`in/${round}`);
      world.events.length = 0;
    }
    const aliases = new Set(client.takeMessages().map((message) => message.properties.topicAlias ?? 0));
    assert.equal(Math.max(...aliases), TOPIC_ALIAS_OUT_MAX);
    const grown = reachableBytes() - before;
    assert.ok(grown < 500_000, `${grown} bytes`);
    assert.equal(client.isClosed, false);
  });

  it('of an earlier connection, of zero and above the maximum end the connection', () => {
    const kept = { cleanStart: false, properties: { sessionExpiryInterval: 3600 } } as const;
    const world = new World();
    const bystander = new Bystander(world);
    const first = world.connect('service:a', kept);
    first.publish('t', { properties: { topicAlias: 1 } });
    first.drop();
    for (const topicAlias of [1, world.limits.topicAliasMaximum + 1, 65_535]) {
      const client = world.connect('service:a', kept);
      client.publish('', { properties: { topicAlias } });
      assert.equal(client.isClosed, true, `${topicAlias}`);
      bystander.check();
    }
    const client = world.connect('service:a', kept);
    // PUBLISH of topic "t" with topic alias 0 (§3.3.2.3.4).
    client.sendBytes(Buffer.of(0x30, 7, 0, 1, 0x74, 3, 0x23, 0, 0));
    assert.equal(client.isClosed, true);
  });
});

describe('Many readers of everything that is retained', () => {
  it('share their turns with each other, and a bystander is served in every one', () => {
    const topics = full ? 100_000 : 2500;
    const readers = full ? 100 : 12;
    const world = new World({ limits: { retainedPerIdentityMax: topics } });
    const writer = world.connect('service:writer');
    const bystander = world.connect('service:bystander');
    bystander.subscribe('calm');
    for (let topic = 0; topic < topics; topic++) writer.publish(`t/${topic}`, { retain: true, payload: 'x' });
    const greedy = Array.from({ length: readers }, (_, at) => world.connect(`service:r${at}`));
    for (const { connection } of greedy) connection.receive(subscribe('t/#'), world.nowMs);
    const received = new Map<Connection, number>();
    let mostInOneTurn = 0;
    for (let turn = 1; greedy.some(({ connection }) => (received.get(connection) ?? 0) < topics); turn++) {
      assert.ok(turn <= (readers * topics) / RETAINED_STEPS_MAX + readers, `${turn} turns`);
      writer.connection.receive(calmPublish, world.nowMs);
      let taken = 0;
      for (const { connection, chunks } of world.broker.takeOutput()) {
        const count = chunks.filter(isPublish).length;
        received.set(connection, (received.get(connection) ?? 0) + count);
        if (connection !== bystander.connection) taken += count;
      }
      assert.equal(received.get(bystander.connection), turn, 'the bystander has its message in this turn');
      mostInOneTurn = Math.max(mostInOneTurn, taken);
    }
    for (const { connection } of greedy) assert.equal(received.get(connection), topics);
    assert.ok(mostInOneTurn <= HELD_BACK_TURNS_MAX * RETAINED_STEPS_MAX, `${mostInOneTurn} in one turn`);
  });
});

/** PUBLISH of "calm" at QoS 0, version 5. */
const calmPublish = Buffer.from([0x30, 7, 0, 4, ...Buffer.from('calm'), 0]);

function isPublish(chunk: Uint8Array): boolean {
  return (chunk[0] ?? 0) >> 4 === 3;
}

/** SUBSCRIBE of version 5 with one filter at QoS 0. */
function subscribe(filter: string): Uint8Array {
  return Buffer.from([0x82, 6 + filter.length, 0, 1, 0, 0, filter.length, ...Buffer.from(filter), 0]);
}
