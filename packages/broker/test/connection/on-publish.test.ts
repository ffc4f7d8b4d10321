import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodePacket, Reason } from '@keystile/mqtt';
import { textOf, topicName } from '../support/client.ts';
import { DelayedStore } from '../support/delayed-store.ts';
import { versions } from '../support/versions.ts';
import { World } from '../support/world.ts';

for (const version of versions) {
  describe(`PUBLISH, version ${version}`, () => {
    it('reaches a subscriber at the lower of both QoS', () => {
      for (const published of [0, 1, 2] as const) {
        for (const subscribed of [0, 1, 2] as const) {
          const world = new World();
          const reader = world.connect('service:reader', { version });
          reader.subscribe('a/b', { qos: subscribed });
          world.connect('service:writer', { version }).publish('a/b', { qos: published, payload: 'x' });
          const [message] = reader.takeMessages();
          assert.equal(message?.qos, Math.min(published, subscribed));
        }
      }
    });

    it('is acknowledged: PUBACK at QoS 1, PUBREC and PUBCOMP at QoS 2', () => {
      const client = new World().connect('service:a', { version });
      assert.equal(client.publish('t', { qos: 1 })?.kind, 'puback');
      assert.equal(client.publish('t', { qos: 2 })?.kind, 'pubcomp');
    });

    it('at QoS 2 is delivered once, on PUBREL, however often it was sent', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      reader.subscribe('t', { qos: 2 });
      const writer = world.connect('service:writer', { version, manual: true });
      writer.publish('t', { qos: 2, packetId: 7, payload: 'x' });
      writer.publish('t', { qos: 2, packetId: 7, payload: 'x', dup: true });
      assert.deepEqual(reader.takeTexts(), []);
      writer.acknowledge('pubrel', 7);
      writer.acknowledge('pubrel', 7);
      assert.deepEqual(reader.takeTexts(), ['t=x']);
      const kinds = writer.take().map((packet) => packet.kind);
      assert.deepEqual(kinds, ['connack', 'pubcomp', 'pubcomp']);
    });

    it('at QoS 2 is delivered once when the connection broke between PUBREC and PUBREL', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      reader.subscribe('t', { qos: 2 });
      const kept = { version, cleanStart: false, manual: true, properties: { sessionExpiryInterval: 60 } };
      const before = world.connect('service:writer', kept);
      before.publish('t', { qos: 2, packetId: 7, payload: 'x' });
      before.drop();
      const after = world.connect('service:writer', kept);
      assert.equal(after.connack?.sessionPresent, true);
      after.publish('t', { qos: 2, packetId: 7, payload: 'x', dup: true });
      after.acknowledge('pubrel', 7);
      assert.deepEqual(reader.takeTexts(), ['t=x']);
    });

    it('is acknowledged only when the store has it', () => {
      const store = new DelayedStore();
      const world = new World({ store });
      const client = world.connect('service:a', { version, manual: true });
      assert.equal(client.publish('t', { qos: 1, packetId: 1 }), undefined);
      assert.equal(client.publish('t', { qos: 2, packetId: 2 }), undefined);
      store.complete();
      world.flush();
      assert.deepEqual(kindsOf(client), ['connack', 'puback', 'pubrec']);
      client.acknowledge('pubrel', 2);
      assert.deepEqual(kindsOf(client), []);
      store.complete();
      world.flush();
      assert.deepEqual(kindsOf(client), ['pubcomp']);
    });

    it('says nothing on a connection that ended while the store wrote', () => {
      const store = new DelayedStore();
      const world = new World({ store });
      const client = world.connect('service:a', { version });
      client.publish('t', { qos: 1 });
      client.disconnect();
      store.complete();
      world.flush();
      assert.deepEqual(kindsOf(client), ['connack']);
    });

    it('to the name of a shared subscription reaches nobody', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      reader.subscribeAll(['#', '$share/g/t']);
      const writer = world.connect('service:writer', { version });
      const answers = ([0, 1, 2] as const).map((qos) => writer.publish('$share/g/t', { qos }));
      const reasons = answers.map((answer) => answer && 'reason' in answer && answer.reason);
      const told = version === 5 ? Reason.notAuthorized : Reason.success;
      assert.deepEqual(reasons, [undefined, told, told]);
      assert.equal(writer.isClosed, false);
      assert.deepEqual(reader.takeMessages(), []);
    });

    it('repeated at QoS 2 without end is a flood and ends the connection', () => {
      const client = new World().connect('service:a', { version, manual: true });
      for (let count = 0; count < 3; count++) client.publish('t', { qos: 2, packetId: 1, dup: count > 0 });
      assert.equal(client.isClosed, true);
    });

    it('held at QoS 2 and never released is bounded in bytes', () => {
      const world = new World({ limits: { queuedBytesMax: 10_000 } });
      const client = world.connect('service:a', { version, manual: true });
      const payload = 'x'.repeat(1000);
      let refused = 0;
      for (let packetId = 1; packetId <= 20 && !client.isClosed; packetId++) {
        const answer = client.publish('t', { qos: 2, packetId, payload });
        if (answer?.kind === 'pubrec' && answer.reason === Reason.quotaExceeded) refused += 1;
      }
      // Version 5 is told; before, where no packet says no, the connection ends.
      assert.equal(client.isClosed, version === 4);
      assert.equal(refused, version === 4 ? 0 : 12);
      assert.ok(world.events.some((event) => event.code === 'KS-B306'));
    });
  });
}

describe('PUBLISH, version 4', () => {
  it('at QoS 2 may come many times before the first PUBREL, since there is no receive maximum to keep to', () => {
    const client = new World().connect('service:a', { version: 4, manual: true });
    for (let packetId = 1; packetId <= 500; packetId++) client.publish('t', { qos: 2, packetId });
    for (let packetId = 1; packetId <= 500; packetId++) client.acknowledge('pubrel', packetId);
    assert.equal(client.take().filter((packet) => packet.kind === 'pubcomp').length, 500);
  });
});

describe('PUBLISH, version 5', () => {
  it('tells whether anybody subscribes', () => {
    const world = new World();
    const writer = world.connect('service:writer');
    const nobody = writer.publish('t', { qos: 1 });
    world.connect('service:reader').subscribe('t');
    const somebody = writer.publish('t', { qos: 1 });
    assert.equal(nobody?.kind === 'puback' && nobody.reason, Reason.noMatchingSubscribers);
    assert.equal(somebody?.kind === 'puback' && somebody.reason, Reason.success);
  });

  it('carries content type, response topic, correlation data and user properties on, in order', () => {
    const world = new World();
    const reader = world.connect('service:reader');
    reader.subscribe('t');
    const properties = {
      payloadFormatIndicator: 1,
      contentType: 'text/plain',
      responseTopic: 'answers/1',
      correlationData: Buffer.from([1, 2, 3]),
      userProperties: [
        ['b', '1'],
        ['a', '2'],
        ['b', '3'],
      ] as const,
    };
    world.connect('service:writer').publish('t', { properties });
    const [message] = reader.takeMessages();
    const { correlationData, ...rest } = message?.properties ?? {};
    const { correlationData: sent, ...others } = properties;
    assert.deepEqual(rest, others);
    assert.deepEqual([...(correlationData ?? [])], [...sent]);
  });

  it('has its expiry counted down while it waits, also for a reader that says nothing', () => {
    const world = new World();
    const kept = { cleanStart: false, properties: { sessionExpiryInterval: 3600 } };
    const silent = world.connect('service:silent');
    silent.subscribe('t', { qos: 1 });
    const away = world.connect('service:away', kept);
    away.subscribe('t', { qos: 1 });
    away.drop();
    world.advance(60_000);
    const writer = world.connect('service:writer');
    writer.publish('t', { qos: 1, properties: { messageExpiryInterval: 100 } });
    assert.equal(silent.takeMessages()[0]?.properties.messageExpiryInterval, 100);
    world.advance(30_000);
    const back = world.connect('service:away', kept);
    assert.equal(back.takeMessages()[0]?.properties.messageExpiryInterval, 70);
  });

  it('is not delivered once it has expired', () => {
    const world = new World();
    const kept = { cleanStart: false, properties: { sessionExpiryInterval: 3600 } };
    const away = world.connect('service:away', kept);
    away.subscribe('t', { qos: 1 });
    away.drop();
    const writer = world.connect('service:writer');
    writer.publish('t', { qos: 1, payload: 'short', properties: { messageExpiryInterval: 10 } });
    writer.publish('t', { qos: 1, payload: 'long' });
    world.advance(10_000);
    assert.deepEqual(world.connect('service:away', kept).takeTexts(), ['t=long']);
  });

  it('beyond the receive maximum ends the connection with 0x93', () => {
    const world = new World({ limits: { receiveMaximum: 3 } });
    const client = world.connect('service:a', { manual: true });
    assert.equal(client.connack?.properties.receiveMaximum, 3);
    for (const packetId of [1, 2, 3]) client.publish('t', { qos: 2, packetId });
    assert.equal(client.isClosed, false);
    client.publish('t', { qos: 2, packetId: 4 });
    assert.equal(client.takeDisconnect(), Reason.receiveMaximumExceeded);
  });

  it('counts QoS 1 that the store has not written against the receive maximum', () => {
    const world = new World({ limits: { receiveMaximum: 3 }, store: new DelayedStore() });
    const client = world.connect('service:a', { manual: true });
    for (const packetId of [1, 2, 3, 4]) client.publish('t', { qos: packetId === 2 ? 2 : 1, packetId });
    assert.equal(client.takeDisconnect(), Reason.receiveMaximumExceeded);
  });

  it('that is acknowledged or complete no longer counts against the receive maximum', () => {
    const client = new World({ limits: { receiveMaximum: 2 } }).connect('service:a');
    for (let packetId = 1; packetId <= 20; packetId++)
      client.publish('t', { qos: packetId % 2 === 0 ? 1 : 2, packetId });
    assert.equal(client.isClosed, false);
  });

  it('starts to count the receive maximum anew on every connection (§4.9)', () => {
    const world = new World({ limits: { receiveMaximum: 2 } });
    const kept = { cleanStart: false, manual: true, properties: { sessionExpiryInterval: 60 } };
    const before = world.connect('service:a', kept);
    for (const packetId of [1, 2]) before.publish('t', { qos: 2, packetId });
    before.drop();
    const after = world.connect('service:a', kept);
    for (const packetId of [3, 4]) after.publish('t', { qos: 2, packetId });
    assert.equal(after.isClosed, false);
  });

  it('larger than the maximum packet size ends the connection with 0x95', () => {
    const world = new World({ limits: { packetSizeMax: 1000 } });
    const client = world.connect('service:a');
    assert.equal(client.connack?.properties.maximumPacketSize, 1000);
    client.publish('t', { payload: 'x'.repeat(1000) });
    assert.equal(client.takeDisconnect(), Reason.packetTooLarge);
  });

  it('is not sent to a client whose maximum packet size it exceeds, which gets the next one', () => {
    const world = new World();
    const reader = world.connect('service:reader', { properties: { maximumPacketSize: 60 } });
    reader.subscribe('t', { qos: 1 });
    const writer = world.connect('service:writer');
    writer.publish('t', { qos: 1, payload: 'x'.repeat(60) });
    writer.publish('t', { qos: 1, payload: 'small' });
    assert.deepEqual(reader.takeTexts(), ['t=small']);
  });

  it('leaves the text of a refusal out for a client that asked for no problem information', () => {
    for (const requestProblemInformation of [0, 1]) {
      const client = new World().connect('device:a', { properties: { requestProblemInformation } });
      const answer = client.publish('forbidden', { qos: 1 });
      assert.ok(answer?.kind === 'puback' && answer.reason === Reason.notAuthorized);
      assert.equal(answer.properties.reasonString !== undefined, requestProblemInformation === 1);
    }
  });

  it('deeper than the limit is refused and reaches nobody', () => {
    const world = new World({ limits: { topicLevelsMax: 4 } });
    const reader = world.connect('service:reader');
    reader.subscribe('#');
    const answer = world.connect('service:writer').publish('1/2/3/4/5', { qos: 1 });
    assert.equal(answer?.kind === 'puback' && answer.reason, Reason.topicNameInvalid);
    assert.deepEqual(reader.takeMessages(), []);
  });

  it('does not keep the chunk that brought it alive', () => {
    const world = new World();
    const kept = { cleanStart: false, properties: { sessionExpiryInterval: 3600 } };
    const away = world.connect('service:away', kept);
    away.subscribe('t', { qos: 1 });
    away.drop();
    const writer = world.connect('service:writer');
    const sent = Buffer.from('before');
    const bytes = encodePacket(
      {
        kind: 'publish',
        topic: topicName('t'),
        payload: sent,
        qos: 1,
        retain: false,
        dup: false,
        packetId: writer.nextId(),
        properties: { correlationData: sent },
      },
      5,
    );
    writer.sendBytes(bytes);
    bytes.fill(0);
    const [message] = world.connect('service:away', kept).takeMessages();
    assert.ok(message !== undefined);
    assert.equal(textOf(message), 'before');
    assert.deepEqual(Buffer.from(message.properties.correlationData ?? []), sent);
  });
});

describe('Topic aliases, version 5', () => {
  it('stand for the topic that set them, until they are set anew', () => {
    const world = new World();
    const reader = world.connect('service:reader');
    reader.subscribe('#');
    const writer = world.connect('service:writer');
    writer.publish('a', { payload: '1', properties: { topicAlias: 1 } });
    writer.publish('', { payload: '2', properties: { topicAlias: 1 } });
    writer.publish('b', { payload: '3', properties: { topicAlias: 1 } });
    writer.publish('', { payload: '4', properties: { topicAlias: 1 } });
    assert.deepEqual(reader.takeTexts(), ['a=1', 'a=2', 'b=3', 'b=4']);
  });

  it('above the announced maximum end the connection with 0x94', () => {
    const client = new World({ limits: { topicAliasMaximum: 2 } }).connect('service:a');
    assert.equal(client.connack?.properties.topicAliasMaximum, 2);
    client.publish('t', { properties: { topicAlias: 3 } });
    assert.equal(client.takeDisconnect(), Reason.topicAliasInvalid);
  });

  it('are forgotten with the connection, also when the session stays', () => {
    const world = new World();
    const kept = { cleanStart: false, properties: { sessionExpiryInterval: 60 } };
    const before = world.connect('service:a', kept);
    before.publish('t', { properties: { topicAlias: 1 } });
    before.drop();
    const after = world.connect('service:a', kept);
    after.publish('', { properties: { topicAlias: 1 } });
    assert.equal(after.takeDisconnect(), Reason.protocolError);
  });

  it('are used towards a client within its maximum, the topic being sent the first time', () => {
    const world = new World();
    const reader = world.connect('service:reader', { properties: { topicAliasMaximum: 1 } });
    reader.subscribe('#');
    const writer = world.connect('service:writer');
    for (const topic of ['a', 'a', 'b', 'b']) writer.publish(topic);
    const seen = reader.takeMessages().map(({ topic, properties }) => [topic, properties.topicAlias]);
    assert.deepEqual(seen, [
      ['a', 1],
      [undefined, 1],
      ['b', undefined],
      ['b', undefined],
    ]);
  });

  it('are not introduced by a packet that they would make too large', () => {
    const world = new World();
    // Header 2, topic 3, property length 1 and payload: 26 bytes without an alias.
    const reader = world.connect('service:reader', { properties: { topicAliasMaximum: 5, maximumPacketSize: 26 } });
    reader.subscribe('t');
    const writer = world.connect('service:writer');
    writer.publish('t', { payload: 'x'.repeat(20) });
    writer.publish('t', { payload: 'y' });
    const seen = reader.takeMessages().map(({ topic, properties }) => [topic, properties.topicAlias]);
    assert.deepEqual(seen, [
      ['t', undefined],
      ['t', 1],
    ]);
  });
});

function kindsOf(client: { take(): readonly { readonly kind: string }[] }): string[] {
  return client.take().map((packet) => packet.kind);
}
