import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Reason } from '@keystile/mqtt';
import type { AccessRule } from '../../src/access/rules.ts';
import type { ClientOptions } from '../support/client.ts';
import { versions } from '../support/versions.ts';
import { testRules, World } from '../support/world.ts';

/** A deny inside what is otherwise allowed: the subscription stands, the topic does not pass. */
const secretDenied: readonly AccessRule[] = [
  ...testRules,
  { roles: ['operator'], action: 'subscribe', topic: 't/#', effect: 'allow' },
  { roles: ['operator'], action: 'subscribe', topic: 't/secret', effect: 'deny' },
];

for (const version of versions) {
  const kept: ClientOptions = { version, cleanStart: false, properties: { sessionExpiryInterval: 3600 } };

  describe(`Access rules, version ${version}`, () => {
    it('allow nothing that no rule allows', () => {
      const world = new World({ rules: [] });
      const reader = world.connect('service:a', { version });
      const refused = version === 5 ? Reason.notAuthorized : 0x80;
      assert.deepEqual(reader.subscribeAll(['#', 'a', '$SYS/#', '$share/g/a']).codes, [
        refused,
        refused,
        refused,
        refused,
      ]);
      const answer = reader.publish('a', { qos: 1 });
      if (version === 5) assert.equal(answer?.kind === 'puback' && answer.reason, Reason.notAuthorized);
      // Before version 5 PUBACK would look like success.
      else assert.equal(reader.isClosed, true);
    });

    it('end the connection of a client that publishes what it may not at QoS 0, where nothing else says no', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      reader.subscribe('#');
      const client = world.connect('device:a', { version });
      client.publish('ac/b/state');
      assert.equal(client.isClosed, true);
      if (version === 5) assert.equal(client.takeDisconnect(), Reason.notAuthorized);
      assert.deepEqual(reader.takeMessages(), []);
      assert.ok(world.events.some((event) => event.code === 'KS-B300' && event.identity === client.identity.urn));
    });

    it('stop a message at QoS 2 before anything is held', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      reader.subscribe('#');
      const client = world.connect('device:a', { version, manual: true });
      client.publish('ac/b/state', { qos: 2, packetId: 1 });
      if (version === 5) client.acknowledge('pubrel', 1);
      assert.deepEqual(reader.takeMessages(), []);
    });

    it('let a filter pass only when all that it matches is allowed', () => {
      const client = new World().connect('device:a', { version });
      const refused = version === 5 ? Reason.notAuthorized : 0x80;
      const filters = ['#', '+/a/set/#', 'ac/+/set/#', 'ac/#', 'ac/a/set/#', 'ac/a/set/+', '$share/g/ac/+/set/x'];
      const { codes } = client.subscribeAll(filters);
      assert.deepEqual(codes, [refused, refused, refused, refused, 0, 0, refused]);
    });

    it('keep a denied topic from a permitted subscription: live, queued, retained and shared alike', () => {
      const world = new World({ rules: secretDenied });
      const writer = world.connect('service:writer', { version });
      writer.publish('t/secret', { qos: 1, retain: true, payload: 'retained' });
      const reader = world.connect('operator:reader', kept);
      reader.subscribe('t/#', { qos: 1 });
      reader.subscribe('$share/g/t/#', { qos: 1 });
      writer.publish('t/secret', { qos: 1, payload: 'live' });
      reader.drop();
      writer.publish('t/secret', { qos: 1, payload: 'queued' });
      const back = world.connect('operator:reader', kept);
      back.subscribe('t/#', { qos: 1 });
      assert.deepEqual([...reader.takeTexts(), ...back.takeTexts()], []);
    });

    it('that are replaced take subscriptions away, also from who is away', () => {
      const world = new World();
      const here = world.connect('device:a', { version });
      const away = world.connect('device:b', kept);
      for (const client of [here, away]) client.subscribe(`ac/${client.identity.id}/set/#`, { qos: 1 });
      away.drop();
      world.broker.replaceRules(
        testRules.filter((rule) => rule.action !== 'subscribe' || !rule.roles.includes('device')),
      );
      const writer = world.connect('service:writer', { version });
      for (const id of ['a', 'b']) writer.publish(`ac/${id}/set/x`, { qos: 1 });
      world.broker.replaceRules(testRules);
      assert.deepEqual(here.takeTexts(), []);
      assert.deepEqual(world.connect('device:b', kept).takeTexts(), []);
    });

    it('that are replaced stop what was queued and what was in flight', () => {
      const world = new World({ limits: { inFlightMax: 1 } });
      const before = world.connect('device:a', { ...kept, manual: true });
      before.subscribe('ac/a/set/#', { qos: 1 });
      const writer = world.connect('service:writer', { version });
      for (const payload of ['in flight', 'queued']) writer.publish('ac/a/set/x', { qos: 1, payload });
      assert.deepEqual(before.takeTexts(), ['ac/a/set/x=in flight']);
      before.drop();
      world.broker.replaceRules(testRules.filter((rule) => !rule.roles.includes('device')));
      assert.deepEqual(world.connect('device:a', kept).takeTexts(), []);
    });

    it('are asked again when a message at QoS 2 is released', () => {
      const world = new World();
      const reader = world.connect('service:reader', { version });
      reader.subscribe('#');
      const client = world.connect('device:a', { version, manual: true });
      client.publish('ac/a/state', { qos: 2, packetId: 1 });
      world.broker.replaceRules(testRules.filter((rule) => !rule.roles.includes('device')));
      client.acknowledge('pubrel', 1);
      assert.deepEqual(reader.takeMessages(), []);
      assert.equal(client.isClosed, true);
      if (version === 5) assert.equal(client.takeDisconnect(), Reason.notAuthorized);
    });

    it('are asked again for the author of a retained message', () => {
      const world = new World();
      world.connect('device:a', { version }).publish('ac/a/state', { retain: true, payload: 'x' });
      const reader = world.connect('service:reader', { version });
      reader.subscribe('ac/#');
      assert.deepEqual(reader.takeTexts(), ['ac/a/state=x']);
      world.broker.replaceRules(testRules.filter((rule) => !rule.roles.includes('device')));
      reader.subscribe('ac/#');
      assert.deepEqual(reader.takeTexts(), []);
    });
  });

  describe(`Revocation, version ${version}`, () => {
    it('of an identity ends its connections with 0x98 and forgets its sessions', () => {
      const world = new World();
      const client = world.connect('device:a', kept);
      client.subscribe('ac/a/set/#', { qos: 1 });
      const other = world.connect('device:b', kept);
      const ended = world.broker.revoke({ kind: 'identity', urn: client.identity.urn }, world.nowMs);
      world.flush();
      assert.equal(ended, 1);
      assert.equal(client.isClosed, true);
      assert.equal(other.isClosed, false);
      if (version === 5) assert.equal(client.takeDisconnect(), Reason.administrativeAction);
      const again = world.open('device:a', kept);
      again.sendConnect();
      assert.equal(again.connack?.code, version === 5 ? Reason.banned : 5);
    });

    it('of an identity reaches connections that have not yet sent CONNECT', () => {
      const world = new World();
      const client = world.open('device:a', { version });
      world.broker.revoke({ kind: 'identity', urn: client.identity.urn }, world.nowMs);
      world.flush();
      assert.equal(client.isClosed, true);
    });

    it('of an identity takes its retained messages with it', () => {
      const world = new World();
      const client = world.connect('device:a', { version });
      client.publish('ac/a/state', { retain: true, payload: 'x' });
      world.broker.revoke({ kind: 'identity', urn: client.identity.urn }, world.nowMs);
      const reader = world.connect('service:reader', { version });
      reader.subscribe('ac/#');
      assert.deepEqual(reader.takeTexts(), []);
    });

    it('of a certificate ends what uses it, however its number is written, and leaves the session to its successor', () => {
      const world = new World();
      const old = world.connect('device:a', { ...kept, serial: '00ab12' });
      old.subscribe('ac/a/set/#', { qos: 1 });
      world.broker.revoke({ kind: 'serial', serial: 'AB:12' }, world.nowMs);
      world.flush();
      assert.equal(old.isClosed, true);
      const refused = world.open('device:a', { ...kept, serial: 'ab12' });
      refused.sendConnect();
      assert.equal(refused.isClosed, true);
      assert.equal(world.connect('device:a', { ...kept, serial: 'cd34' }).connack?.sessionPresent, true);
    });
  });
}

describe('Draining', () => {
  it('sends clients away with 0x8B and refuses new ones with 0x88', () => {
    const world = new World();
    const client = world.connect('service:a');
    world.broker.drain(world.nowMs);
    world.flush();
    assert.equal(client.takeDisconnect(), Reason.serverShuttingDown);
    const late = world.open('service:b');
    late.sendConnect();
    assert.equal(late.connack?.code, Reason.serverUnavailable);
    assert.equal(world.broker.connectionCount, 0);
  });
});
