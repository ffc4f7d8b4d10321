import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Reason } from '@keystile/mqtt';
import { versions } from '../support/versions.ts';
import { testRules, World } from '../support/world.ts';

for (const version of versions) {
  describe(`The will, version ${version}`, () => {
    const will = { topic: 'ac/a/state', payload: 'gone', qos: 1 } as const;

    it('is published when the transport breaks, the keep alive passes or the protocol is broken', () => {
      const endings = [
        (world: World) => world.connect('device:a', { version, will }).drop(),
        (world: World) => {
          world.connect('device:a', { version, will, keepAliveSeconds: 10 });
          world.advance(15_000);
        },
        (world: World) => world.connect('device:a', { version, will }).sendBytes(Uint8Array.of(0x00, 0x00)),
        (world: World) => {
          world.connect('device:a', { version, will });
          world.connect('device:a', { version });
        },
      ];
      for (const ending of endings) {
        const world = new World();
        const reader = world.connect('service:reader', { version });
        reader.subscribe('ac/#', { qos: 1 });
        ending(world);
        assert.deepEqual(reader.takeTexts(), ['ac/a/state=gone']);
      }
    });

    it('is not published after a normal DISCONNECT', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      reader.subscribe('ac/#');
      world.connect('device:a', { version, will }).disconnect();
      world.advance(10_000);
      assert.deepEqual(reader.takeTexts(), []);
    });

    it('is published once, with its QoS, and not retained unless it says so', () => {
      for (const qos of [0, 1, 2] as const) {
        const world = new World();
        const reader = world.connect('service:reader', { version });
        reader.subscribe('ac/#', { qos: 2 });
        world.connect('device:a', { version, will: { ...will, qos } }).drop();
        world.advance(100_000);
        assert.deepEqual(
          reader.takeMessages().map((message) => [message.qos, message.retain]),
          [[qos, false]],
        );
        reader.subscribe('ac/#');
        assert.deepEqual(reader.takeTexts(), []);
      }
    });

    it('is not there when CONNECT brings none, also when the one before brought one', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      reader.subscribe('ac/#');
      world.connect('device:a', { version, will }).disconnect();
      world.connect('device:a', { version }).drop();
      world.advance(10_000);
      assert.deepEqual(reader.takeTexts(), []);
    });

    it('can be retained', () => {
      const world = new World();
      world.connect('device:a', { version, will: { ...will, retain: true } }).drop();
      const reader = world.connect('service:reader', { version });
      reader.subscribe('ac/#');
      assert.deepEqual(reader.takeTexts(), ['ac/a/state=gone']);
    });

    it('on a topic that the client may not publish to refuses the connection', () => {
      for (const topic of ['ac/b/state', 'other', '$SYS/x', 'ac/a/state/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15']) {
        const client = new World({ limits: { topicLevelsMax: 16 } }).open('device:a', {
          version,
          will: { topic },
        });
        client.sendConnect();
        assert.equal(client.isClosed, true, topic);
        // Before version 5 no return code speaks of the will.
        if (version === 4) assert.equal(client.connack, undefined);
        else assert.ok((client.connack?.code ?? 0) >= 0x80);
      }
    });

    it('is not published when the rules have changed and no longer allow it', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      reader.subscribe('ac/#');
      const client = world.connect('device:a', { version, will });
      world.broker.replaceRules(testRules.filter((rule) => !rule.roles.includes('device')));
      client.drop();
      assert.deepEqual(reader.takeTexts(), []);
      assert.ok(world.events.some((event) => event.event === 'will-refused' && event.code === 'KS-B302'));
    });

    it('is not published when its author is revoked', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      reader.subscribe('ac/#');
      const client = world.connect('device:a', { version, will });
      world.broker.revoke({ kind: 'identity', urn: client.identity.urn }, world.nowMs);
      world.flush();
      world.advance(10_000);
      assert.deepEqual(reader.takeTexts(), []);
    });

    it('is published but not retained where there is no room to retain it', () => {
      const world = new World({ limits: { retainedMessagesMax: 1 } });
      world.connect('service:writer', { version }).publish('other', { retain: true, payload: 'x' });
      const reader = world.connect('service:reader', { version });
      reader.subscribe('ac/#');
      world.connect('device:a', { version, will: { ...will, retain: true } }).drop();
      assert.deepEqual(reader.takeTexts(), ['ac/a/state=gone']);
      reader.subscribe('ac/#');
      assert.deepEqual(reader.takeTexts(), []);
    });
  });
}

describe('The will, version 5', () => {
  const will = { topic: 'ac/a/state', payload: 'gone', properties: { willDelayInterval: 20 } } as const;
  const kept = { cleanStart: false, will, properties: { sessionExpiryInterval: 60 } } as const;

  it('waits for its delay', () => {
    const world = new World();
    const reader = world.connect('service:reader');
    reader.subscribe('ac/#');
    world.connect('device:a', kept).drop();
    world.advance(19_000);
    assert.deepEqual(reader.takeTexts(), []);
    world.advance(1000);
    assert.deepEqual(reader.takeTexts(), ['ac/a/state=gone']);
    world.advance(100_000);
    assert.deepEqual(reader.takeTexts(), []);
  });

  it('is not published when the client is back within the delay', () => {
    const world = new World();
    const reader = world.connect('service:reader');
    reader.subscribe('ac/#');
    world.connect('device:a', kept).drop();
    world.advance(10_000);
    world.connect('device:a', { ...kept, will: { topic: 'ac/a/x' } });
    world.advance(60_000);
    assert.deepEqual(reader.takeTexts(), []);
  });

  it('is published at the end of the session when that comes before the delay', () => {
    const world = new World();
    const reader = world.connect('service:reader');
    reader.subscribe('ac/#');
    world.connect('device:a', { ...kept, properties: { sessionExpiryInterval: 5 } }).drop();
    world.advance(4000);
    assert.deepEqual(reader.takeTexts(), []);
    world.advance(1000);
    assert.deepEqual(reader.takeTexts(), ['ac/a/state=gone']);
  });

  it('is published at once when a clean start ends the session within the delay', () => {
    const world = new World();
    const reader = world.connect('service:reader');
    reader.subscribe('ac/#');
    world.connect('device:a', kept).drop();
    world.connect('device:a', { cleanStart: true });
    assert.deepEqual(reader.takeTexts(), ['ac/a/state=gone']);
  });

  it('is published by DISCONNECT with 0x04', () => {
    const world = new World();
    const reader = world.connect('service:reader');
    reader.subscribe('ac/#');
    const client = world.connect('device:a', { will: { topic: 'ac/a/state', payload: 'gone' } });
    client.disconnect(Reason.disconnectWithWill);
    assert.deepEqual(reader.takeTexts(), ['ac/a/state=gone']);
  });

  it('brings its properties along, user properties in their order', () => {
    const world = new World();
    const reader = world.connect('service:reader');
    reader.subscribe('ac/#');
    const properties = {
      payloadFormatIndicator: 1,
      contentType: 'text/plain',
      responseTopic: 'answers',
      correlationData: Buffer.from('c'),
      userProperties: [
        ['z', '1'],
        ['a', '2'],
        ['z', '0'],
      ] as const,
    };
    const client = world.connect('device:a', { will: { topic: 'ac/a/state', properties } });
    client.drop();
    const { correlationData, ...others } = reader.takeMessages()[0]?.properties ?? {};
    const { correlationData: sent, ...rest } = properties;
    assert.deepEqual(others, rest);
    assert.deepEqual(Buffer.from(correlationData ?? []), sent);
  });

  it('expires from the moment of its publication, not from CONNECT', () => {
    const world = new World();
    const reader = world.connect('service:reader');
    reader.subscribe('ac/#');
    const properties = { willDelayInterval: 10, messageExpiryInterval: 5 };
    const client = world.connect('device:a', { ...kept, will: { topic: 'ac/a/state', properties } });
    world.advance(100_000);
    client.drop();
    world.advance(10_000);
    assert.equal(reader.takeMessages()[0]?.properties.messageExpiryInterval, 5);
  });
});
