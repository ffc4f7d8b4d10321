import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NO_PROPERTIES, Reason } from '@keystile/mqtt';
import { type Client, idOf, topicFilter } from '../support/client.ts';
import { versions } from '../support/versions.ts';
import { World } from '../support/world.ts';

function unsubscribeAll(client: Client, packetId: number, filters: readonly string[]): readonly unknown[] {
  client.take();
  client.send({
    kind: 'unsubscribe',
    packetId: idOf(packetId),
    filters: filters.map(topicFilter),
    properties: NO_PROPERTIES,
  });
  return client.take();
}

for (const version of versions) {
  describe(`What a session subscribes to, version ${version}`, () => {
    it('is answered with the identifier of the request, and a code for every filter in its order', () => {
      const client = new World().connect('service:a', { version });
      client.take();
      client.send({
        kind: 'subscribe',
        packetId: idOf(513),
        subscriptions: ([2, 0, 1] as const).map((qos) => ({
          filter: topicFilter(`t/${qos}`),
          qos,
          noLocal: false,
          retainAsPublished: false,
          retainHandling: 0,
        })),
        properties: NO_PROPERTIES,
      });
      const [suback, ...more] = client.take();
      assert.ok(suback?.kind === 'suback');
      assert.equal(suback.packetId, 513);
      assert.deepEqual(suback.codes, [2, 0, 1]);
      assert.deepEqual(more, []);
    });

    it('is the same by many filters in one packet as by many packets', () => {
      const seen = [true, false].map((isOne) => {
        const world = new World();
        const reader = world.connect('service:reader', { version });
        if (isOne) reader.subscribeAll(['a/#', 'b', 'a/#'], { qos: 1 });
        else for (const filter of ['a/#', 'b', 'a/#']) reader.subscribe(filter, { qos: 1 });
        const writer = world.connect('service:writer', { version });
        for (const topic of ['a', 'a/1', 'b', 'c']) writer.publish(topic, { qos: 2 });
        return reader.takeMessages().map(({ topic, qos }) => [topic, qos]);
      });
      assert.deepEqual(seen[0], seen[1]);
      assert.deepEqual(seen[0], [
        ['a', 1],
        ['a/1', 1],
        ['b', 1],
      ]);
    });

    it('is removed by exactly its filter, and one answer tells of all', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      reader.subscribeAll(['a/+', 'a/b', 'c']);
      const writer = world.connect('service:writer', { version });
      const [unsuback, ...more] = unsubscribeAll(reader, 258, ['a/+', 'A/b', 'a/#', 'a/+', 'c']);
      const codes = [0, 0x11, 0x11, 0x11, 0];
      assert.deepEqual(unsuback, {
        kind: 'unsuback',
        packetId: 258,
        codes: version === 5 ? codes : [],
        properties: NO_PROPERTIES,
      });
      assert.deepEqual(more, []);
      for (const topic of ['a/x', 'a/b', 'c']) writer.publish(topic, { payload: 'p' });
      assert.deepEqual(reader.takeTexts(), ['a/b=p']);
    });

    it('is answered by UNSUBACK also where there was nothing to remove', () => {
      const client = new World().connect('service:a', { version });
      const [unsuback] = unsubscribeAll(client, 1, ['never']);
      assert.ok(typeof unsuback === 'object' && unsuback !== null && 'kind' in unsuback);
      assert.equal(unsuback.kind, 'unsuback');
    });

    it('is matched letter by letter: nothing is normalised, folded or left out', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      const composed = 'caf\u00e9';
      const decomposed = 'cafe\u0301';
      const topics = [composed, decomposed, 'a/b', 'A/b', 'a//b', '/a/b', 'a/b/', 'a /b', '\ufeffa/b'];
      const writer = world.connect('service:writer', { version });
      for (const filter of topics) {
        reader.subscribe(filter);
        for (const topic of topics) writer.publish(topic, { payload: 'x' });
        assert.deepEqual(reader.takeTexts(), [`${filter}=x`]);
        reader.unsubscribe(filter);
      }
    });

    it('loses nothing while it is replaced, and gets what is retained again', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      const writer = world.connect('service:writer', { version });
      writer.publish('kept', { retain: true, payload: 'k' });
      reader.subscribe('#', { qos: 1 });
      const expected: string[] = [];
      for (let round = 0; round < 20; round++) {
        writer.publish('t', { qos: 1, payload: `${round}` });
        expected.push(`t=${round}`);
        reader.subscribe('#', { qos: 1 });
      }
      const texts = reader.takeTexts();
      assert.deepEqual(
        texts.filter((text) => text !== 'kept=k'),
        expected,
      );
      assert.equal(texts.length - expected.length, 21);
    });

    it('is asked of all that are there: a message joins every session with a filter for it', () => {
      const world = new World();
      const filters = ['#', 'a/#', 'a/+/c', '+/b/c', 'a/b/c', 'x'];
      const readers = filters.map((filter, index) => {
        const reader = world.connect(`service:r${index}`, { version });
        reader.subscribe(filter, { qos: 1 });
        return reader;
      });
      world.connect('service:writer', { version }).publish('a/b/c', { qos: 1, payload: 'x' });
      assert.deepEqual(
        readers.map((reader) => reader.takeTexts()),
        filters.map((filter) => (filter === 'x' ? [] : ['a/b/c=x'])),
      );
    });
  });

  describe(`What is retained, version ${version}`, () => {
    it('is left alone by a message without the flag', () => {
      const world = new World();
      const writer = world.connect('service:writer', { version });
      writer.publish('t', { retain: true, payload: 'kept' });
      writer.publish('t', { payload: 'passing' });
      writer.publish('t', { payload: '' });
      writer.publish('u', { payload: 'never' });
      const reader = world.connect('service:reader', { version });
      reader.subscribe('#');
      assert.deepEqual(reader.takeTexts(), ['t=kept']);
    });

    it('outlives the session that brought it', () => {
      const world = new World();
      const writer = world.connect('service:writer', { version });
      writer.publish('t', { qos: 2, retain: true, payload: 'kept' });
      writer.disconnect();
      world.advance(10_000_000);
      const reader = world.connect('service:reader', { version });
      reader.subscribe('t', { qos: 1 });
      assert.deepEqual(
        reader.takeMessages().map(({ qos, retain }) => [qos, retain]),
        [[1, true]],
      );
    });

    it('is replaced at QoS 0 as well', () => {
      const world = new World();
      const writer = world.connect('service:writer', { version });
      writer.publish('t', { qos: 2, retain: true, payload: 'old' });
      writer.publish('t', { qos: 0, retain: true, payload: 'new' });
      const reader = world.connect('service:reader', { version });
      reader.subscribe('t', { qos: 2 });
      assert.deepEqual(reader.takeTexts(), ['t=new']);
    });
  });

  describe(`PINGREQ, version ${version}`, () => {
    it('is answered, and counts as life', () => {
      const world = new World();
      const client = world.connect('service:a', { version, keepAliveSeconds: 10 });
      for (let round = 0; round < 5; round++) {
        world.advance(14_000);
        client.send({ kind: 'pingreq' });
      }
      assert.equal(client.take().filter((packet) => packet.kind === 'pingresp').length, 5);
    });
  });
}

describe('What a session subscribes to, with what version 5 adds', () => {
  it('by overlapping filters comes once, with all of their identifiers and the strongest of their options', () => {
    const world = new World();
    const reader = world.connect('service:reader');
    reader.subscribe('a/#', { qos: 0, identifier: 10 });
    reader.subscribe('a/+', { qos: 1, identifier: 20, retainAsPublished: true });
    reader.subscribe('a/b', { qos: 2, identifier: 268_435_455 });
    reader.subscribe('#', { qos: 1 });
    reader.subscribe('$share/g/a/b', { qos: 1, identifier: 30 });
    world.connect('service:writer').publish('a/b', { qos: 2, retain: true });
    const seen = reader.takeMessages().map(({ qos, retain, properties }) => {
      return { qos, retain, identifiers: [...(properties.subscriptionIdentifiers ?? [])].sort((a, b) => a - b) };
    });
    // The shared one is a subscription of its group's, and a delivery of its own.
    assert.deepEqual(seen, [
      { qos: 2, retain: true, identifiers: [10, 20, 268_435_455] },
      { qos: 1, retain: false, identifiers: [30] },
    ]);
  });

  it('loses its identifier when it is made again without one', () => {
    const world = new World();
    const reader = world.connect('service:reader');
    reader.subscribe('t', { identifier: 7 });
    reader.subscribe('t');
    world.connect('service:writer').publish('t');
    assert.equal(reader.takeMessages()[0]?.properties.subscriptionIdentifiers, undefined);
  });

  it('keeps its options and its identifier for the next connection of the session', () => {
    const world = new World();
    const kept = { cleanStart: false, properties: { sessionExpiryInterval: 60 } };
    const before = world.connect('service:a', kept);
    before.subscribe('t', { qos: 1, noLocal: true, retainAsPublished: true, identifier: 9 });
    before.drop();
    const writer = world.connect('service:writer');
    writer.publish('t', { qos: 1, retain: true });
    const after = world.connect('service:a', kept);
    const [message] = after.takeMessages();
    assert.equal(message?.retain, true);
    assert.deepEqual(message?.properties.subscriptionIdentifiers, [9]);
    after.publish('t', { qos: 1 });
    assert.deepEqual(after.takeMessages(), []);
  });

  it('is not to be shared without being told of what oneself said: no local on a shared filter is a fault', () => {
    const client = new World().connect('service:a');
    client.requestSubscription(['$share/g/t'], { noLocal: true });
    assert.equal(client.takeDisconnect(), Reason.protocolError);
  });
});
