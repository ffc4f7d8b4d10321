import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ClientPacket, NO_PROPERTIES, Reason, ReturnCode } from '@keystile/mqtt';
import type { MethodDemand } from '../../src/authentication/authentication.ts';
import { type Client, type ClientOptions, idOf, topicFilter, topicName } from '../support/client.ts';
import { CountdownMethod } from '../support/countdown-method.ts';
import { World } from '../support/world.ts';

const named = { authenticationMethod: 'countdown' };
const asking: ClientOptions = { properties: named };

function worldWith(method: CountdownMethod = new CountdownMethod(), demands: readonly MethodDemand[] = []): World {
  return new World({ authentication: { methods: [method], demands } });
}

function answer(client: Client, count: number, authenticationMethod = 'countdown'): void {
  const properties = { authenticationMethod, authenticationData: Uint8Array.of(count) };
  client.send({ kind: 'auth', reason: Reason.continueAuthentication, properties });
}

/** A client that has sent CONNECT and was asked for the first number. */
function asked(world: World, options: ClientOptions = asking, who = 'service:a'): Client {
  const client = world.open(who, options);
  client.sendConnect();
  assert.deepEqual(
    client.take().map(({ kind }) => kind),
    ['auth'],
  );
  return client;
}

function assertRefused(client: Client, code: number, says?: RegExp): void {
  assert.equal(client.connack?.code, code);
  assert.ok(client.isClosed, 'the connection stays open');
  const reason = client.connack?.properties.reasonString;
  if (says === undefined) assert.equal(reason, undefined);
  else assert.match(reason ?? '', says);
}

describe('Enhanced authentication', () => {
  it('asks by AUTH 0x18 with the method, and admits with it in CONNACK [MQTT-4.12.0-2] [MQTT-4.12.0-5]', () => {
    const method = new CountdownMethod();
    const world = worldWith(method);
    const client = world.open('service:a', {
      properties: { ...named, authenticationData: Uint8Array.of(7) },
    });
    client.sendConnect();
    assert.deepEqual(method.begun, [Uint8Array.of(7)]);
    const [first] = client.take();
    assert.ok(first?.kind === 'auth');
    assert.equal(first.reason, Reason.continueAuthentication);
    assert.deepEqual({ ...first.properties }, { ...named, authenticationData: Uint8Array.of(2) });
    answer(client, 1);
    const [second] = client.take();
    assert.ok(second?.kind === 'auth');
    assert.deepEqual(second.properties.authenticationData, Uint8Array.of(1));
    answer(client, 0);
    assert.equal(client.connack?.code, Reason.success);
    assert.equal(client.connack?.properties.authenticationMethod, 'countdown');
    assert.equal(String(Buffer.from(client.connack?.properties.authenticationData ?? [])), 'welcome');
    client.subscribe('t');
    client.publish('t', { payload: 'in' });
    assert.deepEqual(client.takeTexts(), ['t=in']);
  });

  it('refuses a method that the broker has not, with 0x8C [MQTT-4.12.0-1]', () => {
    const client = worldWith().open('service:a', { properties: { authenticationMethod: 'other' } });
    client.sendConnect();
    assertRefused(client, Reason.badAuthenticationMethod);
  });

  it('refuses at any point by CONNACK with a reason, and closes [MQTT-4.12.0-4]', () => {
    for (const answers of [[5], [1, 5]]) {
      const client = asked(worldWith());
      for (const count of answers) answer(client, count);
      assertRefused(client, Reason.notAuthorized, /^KS-B321: \d was to come$/);
    }
  });

  it('takes nothing but AUTH and DISCONNECT before CONNACK [MQTT-3.1.2-30]', () => {
    const packetId = idOf(1);
    const reason = Reason.success;
    const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
    const publish = { topic: topicName('t'), payload: Buffer.from('x'), retain: false, dup: false } as const;
    const early: readonly ClientPacket[] = [
      { kind: 'publish', ...publish, qos: 0, packetId: undefined, properties: NO_PROPERTIES },
      { kind: 'puback', packetId, reason, properties: NO_PROPERTIES },
      { kind: 'pubrec', packetId, reason, properties: NO_PROPERTIES },
      { kind: 'pubrel', packetId, reason, properties: NO_PROPERTIES },
      { kind: 'pubcomp', packetId, reason, properties: NO_PROPERTIES },
      {
        kind: 'subscribe',
        packetId,
        subscriptions: [{ filter: topicFilter('#'), qos: 0, ...options }],
        properties: NO_PROPERTIES,
      },
      { kind: 'unsubscribe', packetId, filters: [topicFilter('#')], properties: NO_PROPERTIES },
      { kind: 'pingreq' },
    ];
    for (const packet of early) {
      const world = worldWith();
      const reader = world.connect('service:reader');
      reader.subscribe('t');
      const client = asked(world);
      client.send(packet);
      assertRefused(client, Reason.protocolError);
      assert.deepEqual(reader.takeTexts(), [], packet.kind);
    }
    const again = asked(worldWith());
    again.sendConnect();
    assertRefused(again, Reason.protocolError);
  });

  it('ends with DISCONNECT, without CONNACK and without a will', () => {
    const world = worldWith();
    const reader = world.connect('service:reader');
    reader.subscribe('will');
    const client = asked(world, { ...asking, will: { topic: 'will', payload: 'gone' } });
    client.disconnect();
    assert.ok(client.isClosed);
    assert.equal(client.connack, undefined);
    asked(world, { ...asking, will: { topic: 'will', payload: 'gone' } }).drop();
    assert.deepEqual(reader.takeTexts(), [], 'who was never admitted has no will');
  });

  it('wants the same method in every AUTH, and 0x18 in an answer [MQTT-4.12.0-3] [MQTT-4.12.0-5]', () => {
    const other = asked(worldWith());
    answer(other, 1, 'other');
    assertRefused(other, Reason.protocolError);
    const again = asked(worldWith());
    again.send({ kind: 'auth', reason: Reason.reAuthenticate, properties: named });
    assertRefused(again, Reason.protocolError);
  });

  it('is not begun by the broker: who names no method hears of none [MQTT-4.12.0-6]', () => {
    const client = worldWith().connect('service:a');
    const kinds = client.take().map(({ kind }) => kind);
    assert.deepEqual(kinds, ['connack']);
    assert.equal(client.connack?.properties.authenticationMethod, undefined);
    assert.equal(client.connack?.properties.authenticationData, undefined);
  });

  it('is given up when an answer takes ten seconds, whether or not the clock has ticked', () => {
    const patient = worldWith();
    const late = asked(patient);
    patient.nowMs += 10_000;
    answer(late, 1);
    assertRefused(late, Reason.notAuthorized, /^KS-B322/);
    const world = worldWith();
    const silent = asked(world);
    world.advance(9000);
    assert.ok(!silent.isClosed);
    world.advance(2000);
    assertRefused(silent, Reason.notAuthorized, /^KS-B322: no answer of method 'countdown' within 10 s$/);
  });

  it('has an end: a method that goes on for ever is cut off', () => {
    const client = asked(worldWith(new CountdownMethod({ from: 9, step: 0 })));
    for (let round = 1; round < 8; round++) {
      answer(client, 8);
      assert.ok(!client.isClosed, `round ${round}`);
    }
    answer(client, 8);
    assertRefused(client, Reason.notAuthorized, /no end after 8 rounds/);
  });

  it('takes over nothing before it has succeeded', () => {
    const world = worldWith();
    const owner = world.connect('service:a', { cleanStart: false, properties: { sessionExpiryInterval: 100 } });
    const thief = asked(world, { ...asking, cleanStart: true });
    assert.ok(!owner.isClosed);
    answer(thief, 7);
    assert.ok(!owner.isClosed, 'a failed authentication has thrown somebody out');
    const same = asked(world, { properties: { ...named, sessionExpiryInterval: 100 }, cleanStart: false });
    answer(same, 1);
    answer(same, 0);
    assert.equal(same.connack?.sessionPresent, true);
    assert.equal(owner.takeDisconnect(), Reason.sessionTakenOver);
  });

  it('does not admit whom admission would refuse by now', () => {
    const world = worldWith();
    const revoked = asked(world, asking, 'device:x');
    world.broker.revoke({ kind: 'identity', urn: revoked.identity.urn }, world.nowMs);
    world.flush();
    assert.ok(revoked.isClosed);
    assert.equal(revoked.connack, undefined);
    const [first, second] = ['device:y', 'device:y'].map((who, index) =>
      asked(world, { ...asking, clientId: `y/${index}` }, who),
    );
    assert.ok(first !== undefined && second !== undefined);
    for (const client of [first, second]) {
      answer(client, 1);
      answer(client, 0);
    }
    assert.equal(first.connack?.code, Reason.success);
    assertRefused(second, Reason.quotaExceeded, /^KS-B204/);
  });

  it('sends no AUTH that the client cannot take', () => {
    const client = worldWith().open('service:a', { properties: { ...named, maximumPacketSize: 12 } });
    client.sendConnect();
    assert.deepEqual(client.take(), []);
    assert.ok(client.isClosed);
  });
});

describe('A class of clients that has to authenticate by a method', () => {
  const demand: MethodDemand = { method: 'countdown', roles: ['device'] };

  it('is refused without it: 0x87 and why, in every version, and the operator is told', () => {
    const world = worldWith(undefined, [demand]);
    const five = world.open('device:a');
    five.sendConnect();
    assertRefused(five, Reason.notAuthorized, /^KS-B320: .* has to authenticate by 'countdown'/);
    for (const version of [3, 4] as const) {
      const older = world.open('device:a', { version });
      older.sendConnect();
      assert.equal(older.connack?.code, ReturnCode.notAuthorized);
      assert.ok(older.isClosed);
    }
    assert.deepEqual(
      world.events.map(({ event, code }) => `${event} ${code}`),
      ['refused KS-B320', 'refused KS-B320', 'refused KS-B320'],
    );
    assert.match(world.events.at(-1)?.sentence ?? '', /this version of MQTT has no enhanced authentication/);
  });

  it('is admitted with it, and other classes without', () => {
    const world = worldWith(undefined, [demand]);
    const device = asked(world, asking, 'device:a');
    answer(device, 1);
    answer(device, 0);
    assert.equal(device.connack?.code, Reason.success);
    world.connect('service:a');
  });

  it('is refused with another method that the broker has', () => {
    const methods = [new CountdownMethod(), new CountdownMethod({ name: 'other' })];
    const world = new World({ authentication: { methods, demands: [demand] } });
    const client = world.open('device:a', { properties: { authenticationMethod: 'other' } });
    client.sendConnect();
    assertRefused(client, Reason.notAuthorized, /^KS-B320/);
  });

  it('may be of one fleet or on one listener', () => {
    const elsewhere = [
      { ...demand, fleet: 'another' },
      { ...demand, listeners: ['another'] },
    ];
    worldWith(undefined, elsewhere).connect('device:a');
    for (const here of [
      { ...demand, fleet: 'test' },
      { ...demand, listeners: ['another', 'test'] },
    ]) {
      const client = worldWith(undefined, [...elsewhere, here]).open('device:a');
      client.sendConnect();
      assertRefused(client, Reason.notAuthorized, /^KS-B320/);
    }
  });
});
