import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Reason } from '@keystile/mqtt';
import type { Client, ClientOptions } from '../support/client.ts';
import { versions } from '../support/versions.ts';
import { World } from '../support/world.ts';

/** MQTT 5.0 §4.8.2: what becomes of shared messages when their member goes. */
for (const version of versions) {
  const kept: ClientOptions = {
    version,
    manual: true,
    cleanStart: false,
    properties: { sessionExpiryInterval: 60 },
  };

  describe(`A member of a shared subscription that goes, version ${version}`, () => {
    /** One member with a message in flight and others waiting behind it. */
    function stuck(qos: 1 | 2, options: ClientOptions = kept): { world: World; going: Client; writer: Client } {
      const world = new World({ limits: { inFlightMax: 1, sessionExpiryMaxSeconds: 60 } });
      const going = world.connect('service:going', options);
      going.subscribe('$share/g/t', { qos });
      const writer = world.connect('service:writer', { version });
      for (const payload of ['sent', 'waits', 'waits too']) writer.publish('t', { qos, payload });
      assert.deepEqual(going.takeTexts(), ['t=sent']);
      return { world, going, writer };
    }

    function join(world: World, qos: 0 | 1 | 2 = 2): Client {
      const other = world.connect('service:other', { version });
      other.subscribe('$share/g/t', { qos });
      return other;
    }

    it('leaves what waits to one that can take it, and gets the rest itself when it is back', () => {
      for (const qos of [1, 2] as const) {
        const { world, going } = stuck(qos);
        const other = join(world);
        going.drop();
        assert.deepEqual(other.takeTexts(), ['t=waits', 't=waits too']);
        const back = world.connect('service:going', kept);
        assert.deepEqual(back.takeTexts(), ['t=sent']);
        world.advance(70_000);
        assert.deepEqual(other.takeTexts(), []);
      }
    });

    it('gives nothing to one whose queue is full', () => {
      const world = new World({ limits: { inFlightMax: 1, queuedMessagesMax: 2 } });
      const [going, other] = ['going', 'other'].map((id) => world.connect(`service:${id}`, kept));
      const writer = world.connect('service:writer', { version });
      going?.subscribe('$share/g/t', { qos: 1 });
      other?.subscribe('u', { qos: 1 });
      for (const payload of ['1', '2', '3']) for (const topic of ['t', 'u']) writer.publish(topic, { qos: 1, payload });
      other?.subscribe('$share/g/t', { qos: 1 });
      going?.drop();
      assert.deepEqual(world.connect('service:going', { ...kept, manual: false }).takeTexts(), ['t=1', 't=2', 't=3']);
      world.advance(1000);
      assert.ok(world.events.every(({ event }) => event !== 'messages-dropped'));
    });

    it('keeps what waits while nobody else is there', () => {
      const { world, going } = stuck(1);
      going.drop();
      const back = world.connect('service:going', { ...kept, manual: false });
      assert.deepEqual(back.takeTexts(), ['t=sent', 't=waits', 't=waits too']);
    });

    it('gives up what it has not acknowledged at QoS 1 when its session ends', () => {
      const { world, going } = stuck(1);
      going.drop();
      const other = join(world, 1);
      world.advance(60_000);
      assert.deepEqual(other.takeTexts(), ['t=sent', 't=waits', 't=waits too']);
    });

    it('takes what was sent to it at QoS 2 with it when its session ends: nobody else may get that', () => {
      const { world, going } = stuck(2);
      going.drop();
      const other = join(world);
      world.advance(60_000);
      assert.deepEqual(other.takeTexts(), ['t=waits', 't=waits too']);
    });

    it('finishes a message at QoS 2 when it is back', () => {
      const { world, going } = stuck(2);
      const other = join(world);
      going.acknowledge('pubrec', 1);
      going.drop();
      assert.deepEqual(other.takeTexts(), ['t=waits', 't=waits too']);
      const back = world.connect('service:going', kept);
      assert.deepEqual(
        back.take().map((packet) => packet.kind),
        ['connack', 'pubrel'],
      );
      assert.deepEqual(other.takeMessages(), []);
    });

    it('hands over at once when its session is not kept', () => {
      const { world, going } = stuck(1, { version, manual: true });
      const other = join(world);
      going.disconnect();
      assert.deepEqual(other.takeTexts(), ['t=sent', 't=waits', 't=waits too']);
    });

    it('hands over at the QoS that was granted to the other', () => {
      const { world, going } = stuck(2);
      const other = join(world, 1);
      going.drop();
      assert.deepEqual(
        other.takeMessages().map((message) => [message.qos, message.dup]),
        [
          [1, false],
          [1, false],
        ],
      );
    });

    it('leaves ordinary subscriptions out of it', () => {
      const world = new World({ limits: { inFlightMax: 1 } });
      const going = world.connect('service:going', kept);
      going.subscribe('t', { qos: 1 });
      const other = join(world);
      const writer = world.connect('service:writer', { version });
      for (const payload of ['1', '2']) writer.publish('t', { qos: 1, payload });
      assert.equal(other.takeMessages().length, 2);
      going.drop();
      assert.deepEqual(other.takeMessages(), []);
      const back = world.connect('service:going', { ...kept, manual: false });
      assert.deepEqual(back.takeTexts(), ['t=1', 't=2']);
    });
  });
}

describe('A member of a shared subscription, version 5', () => {
  it('that refuses a message ends it for the whole group', () => {
    for (const [qos, kind] of [
      [1, 'puback'],
      [2, 'pubrec'],
    ] as const) {
      const world = new World();
      const members = ['a', 'b'].map((id) => world.connect(`service:${id}`, { manual: true }));
      for (const member of members) member.subscribe('$share/g/t', { qos });
      world.connect('service:writer').publish('t', { qos });
      const chosen = members.find((member) => member.takeMessages().length === 1);
      chosen?.acknowledge(kind, 1, Reason.unspecifiedError);
      chosen?.disconnect();
      world.advance(10_000);
      for (const member of members) assert.deepEqual(member.takeMessages(), []);
    }
  });

  it('gives what has expired meanwhile to nobody', () => {
    const world = new World({ limits: { inFlightMax: 1 } });
    const going = world.connect('service:going', { manual: true });
    going.subscribe('$share/g/t', { qos: 1 });
    const writer = world.connect('service:writer');
    writer.publish('t', { qos: 1, payload: 'sent' });
    writer.publish('t', { qos: 1, payload: 'short', properties: { messageExpiryInterval: 5 } });
    writer.publish('t', { qos: 1, payload: 'long', properties: { messageExpiryInterval: 50 } });
    world.advance(10_000);
    const other = world.connect('service:other');
    other.subscribe('$share/g/t', { qos: 1 });
    going.disconnect();
    const got = other.takeMessages().map(({ properties }) => properties.messageExpiryInterval);
    assert.deepEqual(got, [undefined, 40]);
  });
});
