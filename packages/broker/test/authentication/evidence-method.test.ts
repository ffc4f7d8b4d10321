import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Reason } from '@keystile/mqtt';
import { type EvidenceContext, EvidenceMethod } from '../../src/authentication/evidence-method.ts';
import type { TlsChannel } from '../../src/authentication/method.ts';
import { type Refusal, refuse } from '../../src/refusal.ts';
import type { Client } from '../support/client.ts';
import { World } from '../support/world.ts';

const METHOD = 'keystile-evidence-1';
const named = { authenticationMethod: METHOD };

/** A connection whose exporter says what it was asked for. */
const channel: TlsChannel = {
  cipherSuite: 'TLS_AES_128_GCM_SHA256',
  certificateDigest: new Uint8Array(32).fill(1),
  exporter: ({ label, context, length }) => Buffer.concat([Buffer.from(`${length} ${label} `), context]),
};

/** The world of a verifier that keeps what it was asked, and what it says. */
function worldOf(verdict: Refusal | undefined): { world: World; contexts: EvidenceContext[]; answers: Uint8Array[] } {
  const contexts: EvidenceContext[] = [];
  const answers: Uint8Array[] = [];
  const method = new EvidenceMethod({
    verify: (answer, context) => {
      answers.push(answer.slice());
      contexts.push(context);
      return verdict;
    },
  });
  const world = new World({ authentication: { methods: [method], demands: [] } });
  return { world, contexts, answers };
}

function nonceOf(client: Client): Uint8Array {
  const auth = client.take().find(({ kind }) => kind === 'auth');
  assert.ok(auth?.kind === 'auth' && auth.properties.authenticationData !== undefined);
  return auth.properties.authenticationData;
}

function answer(client: Client, authenticationData?: Uint8Array): void {
  const properties = { ...named, ...(authenticationData && { authenticationData }) };
  client.send({ kind: 'auth', reason: Reason.continueAuthentication, properties });
}

describe('The evidence method', () => {
  it('sends a nonce and has the answer judged by it, the identity and its own side of the connection', () => {
    const { world, contexts, answers } = worldOf(undefined);
    const client = world.open('device:a', { properties: named, channel });
    client.sendConnect();
    const nonce = nonceOf(client);
    assert.equal(nonce.length, 32);
    answer(client, Uint8Array.of(1, 2, 3));
    assert.equal(client.connack?.code, Reason.success);
    assert.deepEqual(answers, [Uint8Array.of(1, 2, 3)]);
    const [context] = contexts;
    assert.equal(context?.identity.urn, 'urn:keystile:test:device:a');
    assert.deepEqual(Buffer.from(context?.nonce ?? []), Buffer.from(nonce));
    assert.deepEqual(
      Buffer.from(context?.channel.exporter ?? []),
      Buffer.concat([Buffer.from('32 EXPORTER-keystile-evidence-1 '), nonce]),
    );
  });

  it('sends another nonce each time, and asks for each again', () => {
    const { world, contexts } = worldOf(undefined);
    const client = world.open('device:a', { properties: named, channel });
    client.sendConnect();
    const first = nonceOf(client);
    answer(client, Uint8Array.of(1));
    world.advance(2000);
    client.send({ kind: 'auth', reason: Reason.reAuthenticate, properties: named });
    const second = nonceOf(client);
    assert.notDeepEqual(second, first);
    answer(client, Uint8Array.of(1));
    assert.deepEqual(Buffer.from(contexts[1]?.nonce ?? []), Buffer.from(second));
    // It was good once: there is no question any more that it could answer.
    answer(client, Uint8Array.of(1));
    assert.equal(client.takeDisconnect(), Reason.protocolError);
    assert.equal(contexts.length, 2);
  });

  it('refuses what the verifier refuses, with its reason', () => {
    const { world } = worldOf(refuse('KS-B324', 'another device'));
    const client = world.open('device:a', { properties: named, channel });
    client.sendConnect();
    answer(client, Uint8Array.of(1));
    assert.equal(client.connack?.code, Reason.notAuthorized);
    assert.equal(client.connack?.properties.reasonString, 'KS-B324: another device');
  });

  it('does not tell a client what is wrong with the broker’s own files', () => {
    const { world } = worldOf(refuse('KS-B325', '/etc/devices.json: missing'));
    const client = world.open('device:a', { properties: named, channel });
    client.sendConnect();
    answer(client, Uint8Array.of(1));
    assert.equal(client.connack?.code, Reason.notAuthorized);
    assert.equal(client.connack?.properties.reasonString, undefined);
    assert.match(world.events.at(-1)?.sentence ?? '', /devices\.json/);
  });

  it('does not work without a channel, with data before the nonce, or with an empty answer', () => {
    const { world, contexts } = worldOf(undefined);
    const clear = world.open('device:a', { properties: named });
    clear.sendConnect();
    assert.equal(clear.connack?.code, Reason.badAuthenticationMethod);
    const early = world.open('device:a', {
      properties: { ...named, authenticationData: Uint8Array.of(1) },
      channel,
    });
    early.sendConnect();
    assert.equal(early.connack?.code, Reason.notAuthorized);
    const empty = world.open('device:a', { properties: named, channel });
    empty.sendConnect();
    answer(empty);
    assert.equal(empty.connack?.code, Reason.notAuthorized);
    assert.equal(contexts.length, 0);
  });

  it('refuses when the connection has gone while the client answered', () => {
    const { world } = worldOf(undefined);
    const gone: TlsChannel = {
      ...channel,
      exporter: () => {
        throw new Error('ERR_TLS_INVALID_STATE');
      },
    };
    const client = world.open('device:a', { properties: named, channel: gone });
    client.sendConnect();
    answer(client, Uint8Array.of(1));
    assert.equal(client.connack?.code, Reason.notAuthorized);
  });
});
