import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NO_PROPERTIES, Reason } from '@keystile/mqtt';
import { topicFilter } from '../support/client.ts';
import { DelayedStore } from '../support/delayed-store.ts';
import { versions } from '../support/versions.ts';
import { World } from '../support/world.ts';

for (const version of versions) {
  describe(`SUBSCRIBE, version ${version}`, () => {
    it('is answered filter by filter, in order', () => {
      const client = new World().connect('device:a', { version });
      const { codes } = client.subscribeAll(['ac/a/set/#', 'ac/b/set/#', 'ac/a/set/x'], { qos: 1 });
      assert.deepEqual(codes, [1, version === 5 ? Reason.notAuthorized : 0x80, 1]);
    });

    it('denied by a silent rule is answered 0x80 in every version, and the log knows why', () => {
      const world = new World({
        rules: [
          { roles: ['device'], action: 'subscribe', topic: 'ac/#', effect: 'allow' },
          { roles: ['device'], action: 'subscribe', topic: 'ac/secret/#', effect: 'deny', silent: true },
        ],
      });
      const client = world.connect('device:a', { version });
      const { codes, properties } = client.subscribeAll(['ac/a', 'ac/secret/x', 'b'], { qos: 1 });
      assert.deepEqual(codes, [1, 0x80, version === 5 ? Reason.notAuthorized : 0x80]);
      assert.doesNotMatch(properties.reasonString ?? '', /secret/);
      assert.ok(world.events.some(({ code }) => code === 'KS-B307'));
    });

    it('delivers a message once to overlapping filters, at the highest QoS', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      reader.subscribe('a/#', { qos: 0 });
      reader.subscribe('a/+', { qos: 2 });
      reader.subscribe('a/b', { qos: 1 });
      world.connect('service:writer', { version }).publish('a/b', { qos: 2 });
      assert.deepEqual(
        reader.takeMessages().map((message) => message.qos),
        [2],
      );
    });

    it('for the same filter replaces the subscription', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      reader.subscribe('t', { qos: 0 });
      reader.subscribe('t', { qos: 1 });
      world.connect('service:writer', { version }).publish('t', { qos: 1 });
      assert.deepEqual(
        reader.takeMessages().map((message) => message.qos),
        [1],
      );
    });

    it('does not show topics that begin with $ to a wildcard', () => {
      const world = new World({
        rules: [
          { roles: ['service'], action: 'publish', topic: '$SYS/#', effect: 'allow' },
          { roles: ['service'], action: 'subscribe', topic: '$SYS/#', effect: 'allow' },
          { roles: ['service'], action: 'subscribe', topic: '#', effect: 'allow' },
        ],
      });
      const reader = world.connect('service:reader', { version });
      reader.subscribeAll(['#', '+/x']);
      const writer = world.connect('service:writer', { version });
      writer.publish('$SYS/x', { retain: true, payload: 'y' });
      assert.deepEqual(reader.takeTexts(), []);
      reader.subscribeAll(['#', '+/x']);
      assert.deepEqual(reader.takeTexts(), []);
      reader.subscribe('$SYS/#');
      assert.deepEqual(reader.takeTexts(), ['$SYS/x=y']);
    });

    it('is undone by UNSUBSCRIBE', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      reader.subscribe('t');
      const codes = reader.unsubscribe('t');
      if (version === 5) assert.deepEqual(codes, [Reason.success]);
      if (version === 5) assert.deepEqual(reader.unsubscribe('t'), [Reason.noSubscriptionExisted]);
      world.connect('service:writer', { version }).publish('t');
      assert.deepEqual(reader.takeMessages(), []);
    });

    it('beyond the limit of the session is refused, and an old filter can still be changed', () => {
      const client = new World({ limits: { subscriptionsMax: 2 } }).connect('service:a', { version });
      const refused = version === 5 ? Reason.quotaExceeded : 0x80;
      assert.deepEqual(client.subscribeAll(['a', 'b', 'c', 'a']).codes, [0, 0, refused, 0]);
    });

    it('deeper than the limit is refused, also inside a shared filter', () => {
      const client = new World({ limits: { topicLevelsMax: 3 } }).connect('service:a', { version });
      const refused = version === 5 ? Reason.topicFilterInvalid : 0x80;
      const { codes } = client.subscribeAll(['1/2/3/4', '1/2/3', '$share/g/1/2/3/4', '$share/g/1/2/3']);
      assert.deepEqual(codes, [refused, 0, refused, 0]);
    });
  });

  describe(`Retained messages, version ${version}`, () => {
    it('reach a new subscription with the retain flag, live ones come without', () => {
      const world = new World();
      const writer = world.connect('service:writer', { version });
      writer.publish('t', { retain: true, payload: 'old' });
      const reader = world.connect('service:reader', { version });
      reader.subscribe('t');
      writer.publish('t', { retain: true, payload: 'new' });
      assert.deepEqual(
        reader.takeMessages().map((message) => message.retain),
        [true, false],
      );
    });

    it('are replaced by the next and removed by an empty one, which is delivered like any other', () => {
      const world = new World();
      const writer = world.connect('service:writer', { version });
      for (const payload of ['1', '2']) writer.publish('t', { retain: true, payload });
      const first = world.connect('service:first', { version });
      first.subscribe('t');
      assert.deepEqual(first.takeTexts(), ['t=2']);
      writer.publish('t', { retain: true });
      assert.deepEqual(first.takeTexts(), ['t=']);
      const second = world.connect('service:second', { version });
      second.subscribe('t');
      assert.deepEqual(second.takeTexts(), []);
    });

    it('come again when the subscription is made again', () => {
      const world = new World();
      world.connect('service:writer', { version }).publish('t', { retain: true, payload: 'x' });
      const reader = world.connect('service:reader', { version });
      reader.subscribe('t');
      reader.subscribe('t');
      assert.deepEqual(reader.takeTexts(), ['t=x', 't=x']);
    });

    it('come at the lower of both QoS, and survive their publisher', () => {
      const world = new World();
      const writer = world.connect('service:writer', { version });
      writer.publish('a', { retain: true, qos: 2, payload: 'x' });
      writer.publish('b', { retain: true, qos: 0, payload: 'x' });
      writer.disconnect();
      const reader = world.connect('service:reader', { version });
      reader.subscribe('+', { qos: 1 });
      const qos = reader.takeMessages().map((message) => `${message.topic}${message.qos}`);
      assert.deepEqual(qos.sort(), ['a1', 'b0']);
    });

    it('have a limit in number; a topic that has one can still be replaced and removed', () => {
      const world = new World({ limits: { retainedMessagesMax: 2 } });
      const writer = world.connect('service:writer', { version });
      for (const topic of ['a', 'b']) writer.publish(topic, { retain: true, qos: 1, payload: '1' });
      writer.publish('a', { retain: true, qos: 1, payload: '2' });
      const refused = writer.publish('c', { retain: true, qos: 1, payload: '1' });
      if (version === 5) assert.equal(refused?.kind === 'puback' && refused.reason, Reason.quotaExceeded);
      else assert.equal(writer.isClosed, true);
      const reader = world.connect('service:reader', { version });
      reader.subscribe('#');
      assert.deepEqual([...reader.takeTexts()].sort(), ['a=2', 'b=1']);
    });

    it('have that limit also for what QoS 2 releases late', () => {
      const world = new World({ limits: { retainedMessagesMax: 2 } });
      const writer = world.connect('service:writer', { version, manual: true });
      for (const packetId of [1, 2, 3]) writer.publish(`${packetId}`, { qos: 2, packetId, retain: true, payload: 'x' });
      for (const packetId of [1, 2, 3]) if (!writer.isClosed) writer.acknowledge('pubrel', packetId);
      assert.equal(writer.isClosed, true);
      assert.equal(world.store.retained.count, 2);
    });

    it('reach a subscriber whole when there are more than its queue and its window hold', () => {
      const world = new World({ limits: { queuedMessagesMax: 10, inFlightMax: 5 } });
      const writer = world.connect('service:writer', { version });
      const topics = Array.from({ length: 500 }, (_, index) => `t/${index}`);
      for (const topic of topics) writer.publish(topic, { retain: true, qos: 1, payload: 'x' });
      for (const qos of [0, 1, 2] as const) {
        const reader = world.connect(`service:reader${qos}`, { version });
        reader.subscribe('t/#', { qos });
        assert.deepEqual(
          reader.takeMessages().map((message) => message.topic),
          topics,
        );
      }
    });
  });
}

describe('SUBSCRIBE, version 5', () => {
  it('gives every matching subscription identifier with the one message', () => {
    const world = new World();
    const reader = world.connect('service:reader');
    reader.subscribe('a/#', { identifier: 1 });
    reader.subscribe('a/+', { identifier: 268_435_455 });
    reader.subscribe('a/b');
    world.connect('service:writer').publish('a/b');
    const [message, ...more] = reader.takeMessages();
    const identifiers = [...(message?.properties.subscriptionIdentifiers ?? [])].sort((a, b) => a - b);
    assert.deepEqual(identifiers, [1, 268_435_455]);
    assert.deepEqual(more, []);
  });

  it('with no local keeps own messages away, and only those', () => {
    const world = new World();
    const client = world.connect('service:a');
    client.subscribe('t', { noLocal: true });
    client.publish('t', { payload: 'own' });
    world.connect('service:b').publish('t', { payload: 'other' });
    assert.deepEqual(client.takeTexts(), ['t=other']);
    client.subscribe('+');
    client.publish('t', { payload: 'own' });
    assert.deepEqual(client.takeTexts(), ['t=own']);
  });

  it('with retain as published shows the flag as it was sent', () => {
    const world = new World();
    const reader = world.connect('service:reader');
    reader.subscribe('t', { retainAsPublished: true });
    const writer = world.connect('service:writer');
    writer.publish('t', { retain: true, payload: 'x' });
    writer.publish('t', { retain: false, payload: 'x' });
    assert.deepEqual(
      reader.takeMessages().map((message) => message.retain),
      [true, false],
    );
  });

  it('follows retain handling: always, only when new, never', () => {
    const world = new World();
    world.connect('service:writer').publish('t', { retain: true, payload: 'x' });
    const counts = ([0, 1, 2] as const).map((retainHandling) => {
      const reader = world.connect(`service:reader${retainHandling}`);
      reader.subscribe('t', { retainHandling });
      reader.subscribe('t', { retainHandling });
      return reader.takeMessages().length;
    });
    assert.deepEqual(counts, [2, 1, 0]);
  });

  it('gives retained messages the identifier of their subscription alone', () => {
    const world = new World();
    world.connect('service:writer').publish('t', { retain: true, payload: 'x' });
    const reader = world.connect('service:reader');
    reader.subscribe('#', { identifier: 1, retainHandling: 2 });
    reader.subscribe('t', { identifier: 2 });
    assert.deepEqual(reader.takeMessages()[0]?.properties.subscriptionIdentifiers, [2]);
  });

  it('gives no retained message that has expired, and counts the rest down', () => {
    const world = new World({ limits: { retainedMessagesMax: 2 } });
    const writer = world.connect('service:writer');
    writer.publish('a', { retain: true, payload: 'x', properties: { messageExpiryInterval: 10 } });
    writer.publish('b', { retain: true, payload: 'x', properties: { messageExpiryInterval: 100 } });
    world.advance(10_000);
    const reader = world.connect('service:reader');
    reader.subscribe('+');
    const seen = reader.takeMessages().map(({ topic, properties }) => [topic, properties.messageExpiryInterval]);
    assert.deepEqual(seen, [['b', 90]]);
  });

  it('that was undone while the store wrote gets no retained messages', () => {
    const store = new DelayedStore();
    const world = new World({ store });
    world.connect('service:writer').publish('t', { retain: true, payload: 'x' });
    const reader = world.connect('service:reader');
    reader.requestSubscription(['t']);
    reader.send({
      kind: 'unsubscribe',
      packetId: reader.nextId(),
      filters: [topicFilter('t')],
      properties: NO_PROPERTIES,
    });
    store.complete();
    world.flush();
    const kinds = reader.take().map((packet) => packet.kind);
    assert.deepEqual(kinds, ['connack', 'suback', 'unsuback']);
  });

  it('that was undone before all retained messages were taken gets no more of them', () => {
    const world = new World();
    const writer = world.connect('service:writer');
    for (let count = 0; count < 30; count++) writer.publish(`t/${count}`, { retain: true, qos: 1, payload: 'x' });
    const reader = world.connect('service:reader', { manual: true, properties: { receiveMaximum: 10 } });
    reader.subscribe('t/#', { qos: 1 });
    const first = reader.takeMessages();
    assert.equal(first.length, 10);
    reader.unsubscribe('t/#');
    for (const { packetId } of first) reader.acknowledge('puback', packetId ?? 0);
    assert.deepEqual(reader.takeMessages(), []);
  });
});
