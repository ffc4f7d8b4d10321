import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NO_PROPERTIES, Reason } from '@keystile/mqtt';
import { type Client, type ClientOptions, idOf, textOf, topicName } from '../support/client.ts';
import { versions } from '../support/versions.ts';
import { testRules, World } from '../support/world.ts';

/** What a client took from the broker, as `kind:identifier`, without CONNACK. */
function flowOf(client: Client): string[] {
  const packets = client.take().filter((packet) => packet.kind !== 'connack');
  return packets.map((packet) => ('packetId' in packet ? `${packet.kind}:${packet.packetId}` : packet.kind));
}

for (const version of versions) {
  const kept: ClientOptions = { version, manual: true, cleanStart: false, properties: { sessionExpiryInterval: 600 } };

  describe(`The flows of QoS 1 and 2, version ${version}`, () => {
    it('bear one identifier from PUBLISH to the last answer, in both directions', () => {
      const world = new World();
      const writer = world.connect('service:writer', { version, manual: true });
      const reader = world.connect('service:reader', { version, manual: true });
      reader.subscribe('t', { qos: 2 });
      writer.take();
      reader.take();
      writer.publish('t', { qos: 2, packetId: 77 });
      writer.acknowledge('pubrel', 77);
      assert.deepEqual(flowOf(writer), ['pubcomp:77']);
      const [message] = reader.takeMessages();
      const packetId = message?.packetId ?? 0;
      assert.ok(packetId > 0);
      reader.acknowledge('pubrec', packetId);
      assert.deepEqual(flowOf(reader), [`pubrel:${packetId}`]);
      reader.acknowledge('pubcomp', packetId);
      assert.deepEqual(flowOf(reader), []);
    });

    it('give every new message an identifier that is not in use', () => {
      const world = new World({ limits: { inFlightMax: 1000 } });
      const reader = world.connect('service:reader', { version, manual: true });
      reader.subscribe('t', { qos: 2 });
      const writer = world.connect('service:writer', { version });
      for (let count = 0; count < 300; count++) writer.publish('t', { qos: count % 2 === 0 ? 1 : 2 });
      const ids = reader.takeMessages().map((message) => message.packetId);
      assert.equal(new Set(ids).size, 300);
      assert.ok(ids.every((id) => id !== undefined && id > 0));
    });

    it('take an identifier as new again when its flow is over, whatever DUP says', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      reader.subscribe('t', { qos: 2 });
      const writer = world.connect('service:writer', { version });
      for (const payload of ['1', '2']) writer.publish('t', { qos: 1, packetId: 5, payload, dup: true });
      for (const payload of ['3', '4']) writer.publish('t', { qos: 2, packetId: 5, payload, dup: true });
      assert.deepEqual(reader.takeTexts(), ['t=1', 't=2', 't=3', 't=4']);
    });

    it('send nothing again while the connection lasts', () => {
      const world = new World();
      const reader = world.connect('service:reader', kept);
      reader.subscribe('t', { qos: 2 });
      world.connect('service:writer', { version }).publish('t', { qos: 2 });
      assert.equal(reader.takeMessages().length, 1);
      world.advance(300_000);
      assert.deepEqual(reader.takeMessages(), []);
    });

    it('send no PUBLISH again after its PUBREC, and PUBREL until PUBCOMP', () => {
      const world = new World();
      const before = world.connect('service:reader', kept);
      before.subscribe('t', { qos: 2 });
      world.connect('service:writer', { version }).publish('t', { qos: 2 });
      const [message] = before.takeMessages();
      const packetId = message?.packetId ?? 0;
      before.acknowledge('pubrec', packetId);
      for (let round = 0; round < 3; round++) {
        world.connect('service:reader', kept).drop();
        const again = world.connect('service:reader', kept);
        assert.deepEqual(flowOf(again), [`pubrel:${packetId}`]);
        if (round === 2) again.acknowledge('pubcomp', packetId);
      }
      world.connect('service:reader', kept).drop();
      assert.deepEqual(flowOf(world.connect('service:reader', kept)), []);
    });

    it('keep messages of one publisher on one topic in their order, and acknowledge them in it', () => {
      const world = new World({ limits: { inFlightMax: 3 } });
      const reader = world.connect('service:reader', { version });
      reader.subscribe('t', { qos: 1 });
      const writer = world.connect('service:writer', { version, manual: true });
      for (let packetId = 1; packetId <= 20; packetId++) writer.send(publishOf(packetId));
      assert.deepEqual(
        reader.takeTexts(),
        Array.from({ length: 20 }, (_, at) => `t=${at + 1}`),
      );
      assert.deepEqual(
        flowOf(writer),
        Array.from({ length: 20 }, (_, at) => `puback:${at + 1}`),
      );
    });

    it('mark as DUP what is sent again, and nothing else: what the publisher set does not travel', () => {
      const world = new World();
      const before = world.connect('service:reader', kept);
      before.subscribe('t', { qos: 1 });
      const writer = world.connect('service:writer', { version });
      writer.publish('t', { qos: 1, dup: true });
      writer.publish('t', { qos: 0 });
      assert.deepEqual(
        before.takeMessages().map((message) => message.dup),
        [false, false],
      );
      before.drop();
      const [again] = world.connect('service:reader', kept).takeMessages();
      assert.equal(again?.dup, true);
    });

    it('are finished after UNSUBSCRIBE, and nothing new begins', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version, manual: true });
      reader.subscribe('t', { qos: 2 });
      const writer = world.connect('service:writer', { version });
      writer.publish('t', { qos: 2 });
      const [message] = reader.takeMessages();
      reader.unsubscribe('t');
      writer.publish('t', { qos: 2 });
      const packetId = message?.packetId ?? 0;
      reader.take();
      reader.acknowledge('pubrec', packetId);
      reader.acknowledge('pubcomp', packetId);
      assert.deepEqual(flowOf(reader), [`pubrel:${packetId}`]);
    });
  });
}

describe('The flows of QoS 1 and 2, with what version 5 adds', () => {
  const kept: ClientOptions = { manual: true, cleanStart: false, properties: { sessionExpiryInterval: 600 } };

  it('take an identifier as new after a PUBREC that refused', () => {
    const world = new World({
      rules: [...testRules, { roles: ['service'], action: 'publish', topic: 'shut', effect: 'deny' }],
    });
    const reader = world.connect('service:reader');
    reader.subscribe('#', { qos: 2 });
    const writer = world.connect('service:writer');
    const refused = writer.publish('shut', { qos: 2, packetId: 9, payload: 'no' });
    assert.equal(refused?.kind === 'pubrec' && refused.reason, Reason.notAuthorized);
    writer.publish('open', { qos: 2, packetId: 9, payload: 'yes' });
    assert.deepEqual(reader.takeTexts(), ['open=yes']);
  });

  it('go on to the end for a message that has expired on its way', () => {
    const world = new World();
    const writer = world.connect('service:writer', { manual: true });
    writer.publish('t', { qos: 2, packetId: 3, properties: { messageExpiryInterval: 5 } });
    const reader = world.connect('service:reader');
    reader.subscribe('t', { qos: 2 });
    world.advance(10_000);
    writer.take();
    writer.acknowledge('pubrel', 3);
    assert.deepEqual(flowOf(writer), ['pubcomp:3']);
    assert.deepEqual(reader.takeMessages(), []);
  });

  it('do not let a message expire that was sent once', () => {
    for (const qos of [1, 2] as const) {
      const world = new World();
      const before = world.connect('service:reader', kept);
      before.subscribe('t', { qos });
      const properties = { messageExpiryInterval: 5 };
      world.connect('service:writer').publish('t', { qos, payload: 'x', properties });
      assert.equal(before.takeMessages()[0]?.properties.messageExpiryInterval, 5);
      before.drop();
      world.advance(60_000);
      const [again] = world.connect('service:reader', kept).takeMessages();
      assert.ok(again !== undefined);
      assert.equal(textOf(again), 'x');
      assert.equal(again.properties.messageExpiryInterval, 0);
    }
  });

  it('give a message whose interval is 0 to nobody', () => {
    const world = new World();
    const reader = world.connect('service:reader');
    reader.subscribe('t', { qos: 2 });
    const writer = world.connect('service:writer');
    for (const qos of [0, 1, 2] as const) {
      writer.publish('t', { qos, retain: true, payload: 'x', properties: { messageExpiryInterval: 0 } });
    }
    assert.deepEqual(reader.takeMessages(), []);
    reader.subscribe('t');
    assert.deepEqual(reader.takeMessages(), []);
  });

  it('hold back nothing but PUBLISH while the receive maximum of the client is used up', () => {
    const world = new World();
    const before = world.connect('service:reader', kept);
    before.subscribe('t', { qos: 2 });
    const writer = world.connect('service:writer');
    for (const payload of ['1', '2', '3']) writer.publish('t', { qos: 2, payload });
    const [first, , third] = before.takeMessages();
    before.acknowledge('pubrec', third?.packetId ?? 0);
    before.drop();
    const narrow = { ...kept, properties: { sessionExpiryInterval: 600, receiveMaximum: 1 } };
    const after = world.connect('service:reader', narrow);
    // PUBREL overtakes the second PUBLISH, which waits for the first.
    assert.deepEqual(flowOf(after), [`publish:${first?.packetId}`, `pubrel:${third?.packetId}`]);
    after.send({ kind: 'pingreq' });
    after.subscribe('u');
    after.publish('v', { qos: 0 });
    assert.deepEqual(flowOf(after), ['pingresp']);
    // It was never a PUBLISH of this connection, so its end frees no place (§4.9).
    after.acknowledge('pubcomp', third?.packetId ?? 0);
    assert.deepEqual(flowOf(after), []);
    after.acknowledge('pubrec', first?.packetId ?? 0);
    after.acknowledge('pubcomp', first?.packetId ?? 0);
    assert.deepEqual(
      after.take().map((packet) => packet.kind),
      ['pubrel', 'publish'],
    );
  });

  it('leave the text of a refusal out where the client cannot take it', () => {
    for (const maximumPacketSize of [40, 4000]) {
      const client = new World().connect('device:a', { properties: { maximumPacketSize } });
      for (const qos of [1, 2] as const) {
        const answer = client.publish('no', { qos });
        assert.ok(answer !== undefined && 'reason' in answer);
        assert.equal(answer.reason, Reason.notAuthorized);
        assert.equal(answer.properties.reasonString !== undefined, maximumPacketSize === 4000);
      }
      const { codes, properties } = client.subscribe('no');
      assert.deepEqual(codes, [Reason.notAuthorized]);
      assert.equal(properties.reasonString !== undefined, maximumPacketSize === 4000);
    }
  });
});

function publishOf(packetId: number): Parameters<Client['send']>[0] {
  return {
    kind: 'publish',
    topic: topicName('t'),
    payload: Buffer.from(`${packetId}`),
    qos: 1,
    retain: false,
    dup: false,
    packetId: idOf(packetId),
    properties: NO_PROPERTIES,
  };
}
