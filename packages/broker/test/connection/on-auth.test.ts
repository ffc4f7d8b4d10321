import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Reason, type ReasonCode } from '@keystile/mqtt';
import type { Client, ClientOptions } from '../support/client.ts';
import { CountdownMethod } from '../support/countdown-method.ts';
import { World } from '../support/world.ts';

const method = 'countdown';

function say(client: Client, reason: ReasonCode, count?: number, authenticationMethod = method): void {
  const properties = {
    authenticationMethod,
    ...(count !== undefined && { authenticationData: Uint8Array.of(count) }),
  };
  client.send({ kind: 'auth', reason, properties });
}

const again = (client: Client): void => say(client, Reason.reAuthenticate);
const answer = (client: Client, count: number): void => say(client, Reason.continueAuthentication, count);

/** A client that authenticated in CONNECT, two seconds ago. */
function authenticated(world: World, options: ClientOptions = {}): Client {
  const client = world.open('service:a', { ...options, properties: { authenticationMethod: method } });
  client.sendConnect();
  answer(client, 1);
  answer(client, 0);
  assert.equal(client.connack?.code, Reason.success);
  client.take();
  world.advance(2000);
  return client;
}

function makeWorld(): World {
  return new World({ authentication: { methods: [new CountdownMethod()], demands: [] } });
}

function assertCutOff(client: Client, reason: ReasonCode, says?: RegExp): void {
  const disconnect = client.take().find(({ kind }) => kind === 'disconnect');
  assert.ok(disconnect?.kind === 'disconnect', 'no DISCONNECT');
  assert.equal(disconnect.reason, reason);
  if (says !== undefined) assert.match(disconnect.properties.reasonString ?? '', says);
  assert.ok(client.isClosed);
}

describe('Re-authentication', () => {
  it('ends with AUTH 0x00 and the method; other packets flow meanwhile [MQTT-4.12.1-1]', () => {
    const world = makeWorld();
    const client = authenticated(world);
    client.subscribe('t');
    again(client);
    const [question] = client.take();
    assert.ok(question?.kind === 'auth' && question.reason === Reason.continueAuthentication);
    client.publish('t', { payload: 'meanwhile' });
    assert.deepEqual(client.takeTexts(), ['t=meanwhile']);
    answer(client, 1);
    answer(client, 0);
    const last = client.take().at(-1);
    assert.ok(last?.kind === 'auth');
    assert.equal(last.reason, Reason.success);
    assert.equal(last.properties.authenticationMethod, method);
    assert.equal(String(Buffer.from(last.properties.authenticationData ?? [])), 'welcome');
    world.advance(30_000);
    assert.ok(!client.isClosed, 'nothing is owed any more');
  });

  it('that fails is told by DISCONNECT and cut off, and the will is due [MQTT-4.12.1-2]', () => {
    const world = makeWorld();
    const reader = world.connect('service:reader');
    reader.subscribe('will');
    const client = authenticated(world, { will: { topic: 'will', payload: 'cut off' } });
    again(client);
    answer(client, 9);
    assertCutOff(client, Reason.notAuthorized, /^KS-B321: 1 was to come$/);
    assert.deepEqual(reader.takeTexts(), ['will=cut off']);
  });

  it('that the client does not finish is cut off after ten seconds', () => {
    const world = makeWorld();
    const client = authenticated(world);
    again(client);
    world.advance(9000);
    assert.ok(!client.isClosed);
    world.advance(2000);
    assertCutOff(client, Reason.notAuthorized, /^KS-B322/);
  });

  it('keeps to the method of CONNECT [MQTT-4.12.1-1]', () => {
    const client = authenticated(makeWorld());
    say(client, Reason.reAuthenticate, undefined, 'other');
    assertCutOff(client, Reason.protocolError);
  });

  it('is not for a client that named no method in CONNECT [MQTT-4.12.0-7]', () => {
    for (const reason of [Reason.reAuthenticate, Reason.continueAuthentication] as const) {
      const client = makeWorld().connect('service:a');
      client.take();
      say(client, reason);
      assertCutOff(client, Reason.protocolError);
    }
  });

  it('goes step by step: no answer without a question, no second wish before the answer', () => {
    const unasked = authenticated(makeWorld());
    answer(unasked, 1);
    assertCutOff(unasked, Reason.protocolError);
    const twice = authenticated(makeWorld());
    again(twice);
    again(twice);
    assertCutOff(twice, Reason.protocolError);
  });

  it('is not to be had all the time', () => {
    const world = makeWorld();
    const client = authenticated(world);
    again(client);
    answer(client, 1);
    answer(client, 0);
    world.advance(900);
    again(client);
    assertCutOff(client, Reason.messageRateTooHigh);
  });
});
