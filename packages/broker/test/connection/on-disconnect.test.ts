import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Reason } from '@keystile/mqtt';
import type { Client } from '../support/client.ts';
import { versions } from '../support/versions.ts';
import { World } from '../support/world.ts';

for (const version of versions) {
  describe(`DISCONNECT, version ${version}`, () => {
    it('from a client is the end: nothing is sent after it, and what follows is not read', () => {
      const world = new World();
      const client = world.connect('service:a', { version });
      client.subscribe('t');
      const writer = world.connect('service:writer', { version });
      client.take();
      client.disconnect();
      writer.publish('t');
      client.publish('t', { qos: 0 });
      assert.equal(client.isClosed, true);
      assert.deepEqual(client.take(), []);
    });

    it('with flags that are reserved is a fault of its sender, and the will is due', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      reader.subscribe('ac/#');
      const client = world.connect('device:a', { version, will: { topic: 'ac/a/state', payload: 'gone' } });
      client.sendBytes(Uint8Array.of(0xe1, 0x00));
      assert.equal(client.isClosed, true);
      // The standard's code is 0x81; the public sequences want the one that brokers in use send.
      assert.equal(client.takeDisconnect(), version === 5 ? Reason.protocolError : undefined);
      assert.deepEqual(reader.takeTexts(), ['ac/a/state=gone']);
    });
  });
}

describe('DISCONNECT of the server, version 5', () => {
  /** Everything that makes the server end a connection, and the reason that the client hears. */
  const endings: Readonly<Record<string, readonly [number, (world: World, client: Client) => void]>> = {
    'a malformed packet': [Reason.malformedPacket, (_, client) => client.sendBytes(Uint8Array.of(0x36, 0x00))],
    'a packet of the wrong direction': [
      Reason.protocolError,
      (_, client) => client.sendBytes(Uint8Array.of(0xd0, 0x00)),
    ],
    'a second CONNECT': [Reason.protocolError, (_, client) => client.sendConnect()],
    'a keep alive that has passed': [Reason.keepAliveTimeout, (world) => world.advance(15_000)],
    'another connection of the same client': [Reason.sessionTakenOver, (world) => void world.connect('device:a')],
    'too many publishes at once': [
      Reason.receiveMaximumExceeded,
      (_, client) => {
        for (const packetId of [1, 2, 3]) client.publish('ac/a/x', { qos: 2, packetId });
      },
    ],
    'an alias above the maximum': [
      Reason.topicAliasInvalid,
      (_, client) => client.publish('ac/a/x', { properties: { topicAlias: 17 } }),
    ],
    'a packet that is too large': [
      Reason.packetTooLarge,
      (_, client) => client.publish('ac/a/x', { payload: 'x'.repeat(3000) }),
    ],
    'a QoS 0 publish that is not allowed': [Reason.notAuthorized, (_, client) => client.publish('forbidden')],
    revocation: [
      Reason.administrativeAction,
      (world, client) => world.broker.revoke({ kind: 'identity', urn: client.identity.urn }, world.nowMs),
    ],
    'the end of the broker': [Reason.serverShuttingDown, (world) => world.broker.drain(world.nowMs)],
  };

  for (const [what, [reason, bringAbout]] of Object.entries(endings)) {
    it(`comes before the close with the reason 0x${reason.toString(16)} after ${what}`, () => {
      const world = new World({ limits: { receiveMaximum: 2, packetSizeMax: 2048 } });
      const client = world.connect('device:a', { manual: true, keepAliveSeconds: 10 });
      client.take();
      bringAbout(world, client);
      world.flush();
      assert.equal(client.isClosed, true);
      const last = client.take().at(-1);
      assert.ok(last?.kind === 'disconnect');
      assert.equal(last.reason, reason);
      assert.equal(last.properties.sessionExpiryInterval, undefined);
    });
  }

  it('names another server when the broker drains and one is configured, and so does CONNACK', () => {
    const world = new World({ serverReference: 'broker-2.example:8883' });
    const [modern, old] = ([5, 4] as const).map((version) => world.connect(`service:v${version}`, { version }));
    modern?.take();
    world.broker.drain(world.nowMs);
    world.flush();
    const last = modern?.take().at(-1);
    assert.ok(last?.kind === 'disconnect');
    assert.equal(last.reason, Reason.useAnotherServer);
    assert.equal(last.properties.serverReference, 'broker-2.example:8883');
    assert.equal(old?.isClosed, true);
    const late = ([5, 4] as const).map((version) => world.open(`service:late${version}`, { version }));
    for (const client of late) client.sendConnect();
    assert.deepEqual(
      late.map((client) => client.connack?.code),
      [Reason.useAnotherServer, 3],
    );
    assert.equal(late[0]?.connack?.properties.serverReference, 'broker-2.example:8883');
  });

  it('is left out when the client cannot take a packet of its size, and the connection closes all the same', () => {
    const world = new World({ serverReference: 'x'.repeat(200) });
    const client = world.connect('service:a', { properties: { maximumPacketSize: 100 } });
    client.take();
    world.broker.drain(world.nowMs);
    world.flush();
    assert.deepEqual(client.take(), []);
    assert.equal(client.isClosed, true);
  });

  it('leaves the text of its reason out when that would be too much for the client', () => {
    for (const maximumPacketSize of [40, 4000]) {
      const client = new World().connect('device:a', { properties: { maximumPacketSize } });
      client.take();
      client.publish('forbidden');
      const last = client.take().at(-1);
      assert.ok(last?.kind === 'disconnect');
      assert.equal(last.properties.reasonString !== undefined, maximumPacketSize === 4000);
    }
  });
});
