import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Reason } from '@keystile/mqtt';
import type { ClientOptions } from '../support/client.ts';
import { versions } from '../support/versions.ts';
import { World } from '../support/world.ts';

for (const version of versions) {
  const kept: ClientOptions = { version, cleanStart: false, properties: { sessionExpiryInterval: 3600 } };

  describe(`Sessions, version ${version}`, () => {
    it('that are kept continue with subscriptions and what was queued', () => {
      const world = new World();
      const before = world.connect('service:a', kept);
      assert.equal(before.connack?.sessionPresent, false);
      before.subscribe('t', { qos: 1 });
      before.disconnect();
      const writer = world.connect('service:writer', { version });
      writer.publish('t', { qos: 0, payload: 'zero' });
      writer.publish('t', { qos: 1, payload: 'one' });
      const after = world.connect('service:a', kept);
      assert.equal(after.connack?.sessionPresent, true);
      // QoS 0 is not kept for a client that is away.
      assert.deepEqual(after.takeTexts(), ['t=one']);
      writer.publish('t', { payload: 'live' });
      assert.deepEqual(after.takeTexts(), ['t=live']);
    });

    it('that are not kept leave nothing', () => {
      const world = new World();
      const before = world.connect('service:a', { version });
      before.subscribe('t', { qos: 1 });
      before.disconnect();
      const writer = world.connect('service:writer', { version });
      writer.publish('t', { qos: 1 });
      const after = world.connect('service:a', kept);
      assert.equal(after.connack?.sessionPresent, false);
      writer.publish('t', { qos: 1 });
      assert.deepEqual(after.takeMessages(), []);
    });

    it('end when a client asks for a clean start', () => {
      const world = new World();
      world.connect('service:a', kept).subscribe('t', { qos: 1 });
      const clean = world.connect('service:a', { ...kept, cleanStart: true });
      assert.equal(clean.connack?.sessionPresent, false);
      world.connect('service:writer', { version }).publish('t', { qos: 1 });
      assert.deepEqual(clean.takeMessages(), []);
    });

    it('end when their time is over, with the time counted from the end of the connection', () => {
      const world = new World({ limits: { sessionExpiryMaxSeconds: 100 } });
      const first = world.connect('service:a', kept);
      world.advance(500_000);
      first.drop();
      world.advance(99_000);
      const second = world.connect('service:a', kept);
      assert.equal(second.connack?.sessionPresent, true);
      second.drop();
      world.advance(100_000);
      assert.equal(world.connect('service:a', kept).connack?.sessionPresent, false);
    });

    it('send again what was not acknowledged: in order, with DUP, under the same identifiers', () => {
      const world = new World();
      const before = world.connect('service:a', { ...kept, manual: true });
      before.subscribe('t', { qos: 2 });
      const writer = world.connect('service:writer', { version });
      writer.publish('t', { qos: 1, payload: '1' });
      writer.publish('t', { qos: 2, payload: '2' });
      writer.publish('t', { qos: 2, payload: '3' });
      const sent = before.takeMessages();
      before.acknowledge('pubrec', sent[1]?.packetId ?? 0);
      before.drop();
      const after = world.connect('service:a', { ...kept, manual: true });
      const again = after.take().slice(1);
      assert.deepEqual(
        again.map((packet) => ('packetId' in packet ? [packet.kind, packet.packetId] : [packet.kind])),
        [
          ['publish', sent[0]?.packetId],
          ['pubrel', sent[1]?.packetId],
          ['publish', sent[2]?.packetId],
        ],
      );
      assert.ok(again.every((packet) => packet.kind !== 'publish' || packet.dup));
    });

    it('keep QoS 2 exactly once towards a client that breaks off at every step', () => {
      for (const step of ['publish', 'pubrec', 'pubrel']) {
        const world = new World();
        const before = world.connect('service:a', { ...kept, manual: true });
        before.subscribe('t', { qos: 2 });
        world.connect('service:writer', { version }).publish('t', { qos: 2, payload: 'x' });
        const [message] = before.takeMessages();
        if (step !== 'publish') before.acknowledge('pubrec', message?.packetId ?? 0);
        if (step === 'pubrel') assert.equal(before.take().at(-1)?.kind, 'pubrel');
        before.drop();
        const after = world.connect('service:a', kept);
        const texts = after.takeTexts();
        assert.deepEqual(texts, step === 'publish' ? ['t=x'] : []);
        after.drop();
        assert.deepEqual(world.connect('service:a', kept).take().slice(1), []);
      }
    });

    it('are taken over by a new connection of the same identity and client id', () => {
      const world = new World();
      const before = world.connect('service:a', kept);
      before.subscribe('t');
      const after = world.connect('service:a', kept);
      assert.equal(after.connack?.sessionPresent, true);
      assert.equal(before.isClosed, true);
      if (version === 5) assert.equal(before.takeDisconnect(), Reason.sessionTakenOver);
      world.connect('service:writer', { version }).publish('t', { payload: 'x' });
      assert.deepEqual(after.takeTexts(), ['t=x']);
    });

    it('cannot be taken over by another identity that says the same client id', () => {
      const world = new World();
      const own = world.connect('service:a', { ...kept, clientId: 'a', clientIds: 'any' });
      own.subscribe('t', { qos: 1 });
      const thief = world.connect('service:thief', { ...kept, clientId: 'a', clientIds: 'any' });
      assert.equal(thief.connack?.sessionPresent, false);
      assert.equal(own.isClosed, false);
      world.connect('service:writer', { version }).publish('t', { qos: 1, payload: 'x' });
      assert.deepEqual(thief.takeTexts(), []);
      assert.deepEqual(own.takeTexts(), ['t=x']);
    });

    it('are limited in number for an identity', () => {
      const world = new World({ limits: { sessionsPerIdentityMax: 2 } });
      for (const suffix of ['1', '2']) world.connect('service:a', { ...kept, clientId: `a/${suffix}` }).drop();
      const third = world.open('service:a', { ...kept, clientId: 'a/3' });
      third.sendConnect();
      assert.equal(third.isClosed, true);
      assert.equal(third.connack?.code, version === 5 ? Reason.quotaExceeded : 5);
    });
  });

  describe(`Connections, version ${version}`, () => {
    it('end when nothing came for one and a half times the keep alive', () => {
      const world = new World();
      const client = world.connect('service:a', { version, keepAliveSeconds: 10 });
      world.advance(14_000);
      client.send({ kind: 'pingreq' });
      assert.ok(client.take().some((packet) => packet.kind === 'pingresp'));
      world.advance(14_000);
      assert.equal(client.isClosed, false);
      world.advance(1000);
      assert.equal(client.isClosed, true);
      if (version === 5) assert.equal(client.takeDisconnect(), Reason.keepAliveTimeout);
    });

    it('end when CONNECT does not come in time', () => {
      const world = new World();
      const client = world.open('service:a', { version });
      client.sendBytes(Uint8Array.of(0x10));
      world.advance(world.limits.connectTimeoutMs);
      assert.equal(client.isClosed, true);
    });

    it('are as many at once as the class of the certificate allows', () => {
      const world = new World();
      const first = world.connect('device:a', { version, clientId: 'a/1' });
      const second = world.open('device:a', { version, clientId: 'a/2' });
      second.sendConnect();
      assert.equal(second.isClosed, true);
      assert.equal(second.connack?.code, version === 5 ? Reason.quotaExceeded : 5);
      first.drop();
      world.connect('device:a', { version, clientId: 'a/2' });
    });

    it('get a client id when they bring none', () => {
      const world = new World();
      const client = world.connect('service:a', { version, clientId: '' });
      if (version === 5) assert.match(client.connack?.properties.assignedClientIdentifier ?? '', /^a\/[0-9a-f]{18}$/);
    });

    it('with a client id of somebody else are refused', () => {
      for (const clientId of ['b', 'ab', 'a/', '/a', 'A', 'a+']) {
        const client = new World().open('service:a', { version, clientId });
        client.sendConnect();
        assert.equal(client.connack?.code, version === 5 ? Reason.clientIdentifierNotValid : 2, clientId);
        assert.equal(client.isClosed, true);
      }
    });

    it('end at a second CONNECT', () => {
      const client = new World().connect('service:a', { version });
      client.sendConnect();
      assert.equal(client.isClosed, true);
    });
  });
}

describe('CONNECT, version 3', () => {
  it('of MQTT 3.1 is served, without the flag that it does not know', () => {
    const world = new World();
    const kept: ClientOptions = { version: 3, cleanStart: false };
    world.connect('service:a', kept).subscribe('t', { qos: 1 });
    const after = world.connect('service:a', kept);
    assert.equal(after.connack?.sessionPresent, false);
    world.connect('service:writer', { version: 3 }).publish('t', { qos: 1, payload: 'x' });
    assert.deepEqual(after.takeTexts(), ['t=x']);
  });
});

describe('CONNECT, version 4', () => {
  it('without a client id and without clean session is refused', () => {
    const client = new World().open('service:a', { version: 4, clientId: '', cleanStart: false });
    client.sendConnect();
    assert.equal(client.connack?.code, 2);
  });

  it('gets return codes of its own version, and no DISCONNECT', () => {
    const world = new World();
    const client = world.connect('service:a', { version: 4 });
    world.broker.drain(world.nowMs);
    world.flush();
    assert.equal(client.isClosed, true);
    assert.deepEqual(
      client.take().map((packet) => packet.kind),
      ['connack'],
    );
    const late = world.open('service:b', { version: 4 });
    late.sendConnect();
    assert.equal(late.connack?.code, 3);
  });
});

describe('CONNECT, version 5', () => {
  it('is told the limits of the server, and what it gets instead of what it asked for', () => {
    const world = new World({ limits: { keepAliveMaxSeconds: 60, sessionExpiryMaxSeconds: 100 } });
    const asked = { sessionExpiryInterval: 0xffff_ffff };
    const client = world.connect('service:a', { keepAliveSeconds: 0, properties: asked });
    assert.deepEqual(client.connack?.properties, {
      sessionExpiryInterval: 100,
      serverKeepAlive: 60,
      topicAliasMaximum: 16,
      maximumPacketSize: 1024 * 1024,
      receiveMaximum: 64,
    });
    world.advance(90_000);
    assert.equal(client.takeDisconnect(), Reason.keepAliveTimeout);
  });

  it('with an authentication method that is not supported is refused with 0x8C', () => {
    const client = new World().open('service:a', { properties: { authenticationMethod: 'x' } });
    client.sendConnect();
    assert.equal(client.connack?.code, Reason.badAuthenticationMethod);
  });

  it('is refused within the maximum packet size of the client', () => {
    const client = new World().open('service:a', { clientId: 'b', properties: { maximumPacketSize: 10 } });
    client.sendConnect();
    assert.equal(client.connack?.code, Reason.clientIdentifierNotValid);
    assert.equal(client.connack?.properties.reasonString, undefined);
  });

  it('of a client that cannot take CONNACK ends without one', () => {
    const world = new World();
    const client = world.open('service:a', { properties: { maximumPacketSize: 4 } });
    client.sendConnect();
    assert.equal(client.connack, undefined);
    assert.equal(client.isClosed, true);
  });

  it('is held to the receive maximum of the client in the other direction', () => {
    const world = new World();
    const reader = world.connect('service:reader', { manual: true, properties: { receiveMaximum: 2 } });
    reader.subscribe('t', { qos: 2 });
    const writer = world.connect('service:writer');
    for (const payload of ['1', '2', '3', '4']) writer.publish('t', { qos: 1, payload });
    writer.publish('t', { qos: 0, payload: 'zero' });
    const sent = reader.takeMessages();
    assert.equal(sent.filter((message) => message.qos > 0).length, 2);
    reader.acknowledge('puback', sent[0]?.packetId ?? 0);
    assert.deepEqual(reader.takeTexts().slice(-1), ['t=3']);
  });

  it('takes a refusal in PUBREC as the end of that message', () => {
    const world = new World();
    const reader = world.connect('service:reader', { manual: true, properties: { receiveMaximum: 1 } });
    reader.subscribe('t', { qos: 2 });
    const writer = world.connect('service:writer');
    for (const payload of ['1', '2']) writer.publish('t', { qos: 2, payload });
    const [first] = reader.takeMessages();
    reader.acknowledge('pubrec', first?.packetId ?? 0, Reason.unspecifiedError);
    assert.deepEqual(reader.takeTexts(), ['t=2']);
  });

  it('ends by a wrong acknowledgement of a message that is in flight', () => {
    for (const [qos, kind] of [
      [1, 'pubrec'],
      [1, 'pubcomp'],
      [2, 'puback'],
      [2, 'pubcomp'],
    ] as const) {
      const world = new World();
      const reader = world.connect('service:reader', { manual: true });
      reader.subscribe('t', { qos });
      world.connect('service:writer').publish('t', { qos });
      const [message] = reader.takeMessages();
      reader.acknowledge(kind, message?.packetId ?? 0);
      assert.equal(reader.takeDisconnect(), Reason.protocolError, `${kind} at QoS ${qos}`);
    }
  });

  it('does not accept AUTH when no method was agreed', () => {
    const client = new World().connect('service:a');
    client.send({ kind: 'auth', reason: Reason.reAuthenticate, properties: { authenticationMethod: 'other' } });
    assert.equal(client.takeDisconnect(), Reason.protocolError);
  });

  it('may shorten or lengthen the session with DISCONNECT, but not revive one that was never to be kept', () => {
    const world = new World();
    const kept: ClientOptions = { cleanStart: false, properties: { sessionExpiryInterval: 10 } };
    world.connect('service:a', kept).disconnect(Reason.success, { sessionExpiryInterval: 100 });
    world.advance(50_000);
    const second = world.connect('service:a', kept);
    assert.equal(second.connack?.sessionPresent, true);
    second.disconnect(Reason.success, { sessionExpiryInterval: 0 });
    const third = world.connect('service:a', { cleanStart: false });
    assert.equal(third.connack?.sessionPresent, false);
    third.disconnect(Reason.success, { sessionExpiryInterval: 100 });
    assert.equal(third.takeDisconnect(), Reason.protocolError);
  });
});
