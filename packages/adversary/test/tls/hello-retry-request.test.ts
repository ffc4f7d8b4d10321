import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Group, TlsPolicy } from '@keystile/tls';
import { decodeClientShares, encodeCookie, groupCodes } from '@keystile/tls/codec';
import { party, Talk } from '../../src/index.ts';

const honest = party();
const groups: readonly Group[] = ['X25519', 'P-256', 'P-384', 'X25519MLKEM768'];

function startingWith(group: Group): Partial<TlsPolicy> {
  return { groups, keyShares: [group] };
}

function retry(talk: Talk, request: Parameters<Talk['server']['helloRetryRequest']>[0]): void {
  talk.say(talk.server.plain('handshake', talk.server.helloRetryRequest(request)));
}

describe('a HelloRetryRequest that is in order', () => {
  for (const from of groups) {
    for (const to of groups.filter((group) => group !== from)) {
      it(`leads from ${from} to ${to}, and brings the cookie back`, () => {
        const talk = new Talk(honest, { policy: startingWith(from) });
        const before = talk.server.hello;
        const cookie = randomBytes(400);
        retry(talk, { group: groupCodes[to], cookie });
        const { hello } = talk.server;
        const shares = decodeClientShares(hello.extensions.get('key_share') ?? new Uint8Array(0));
        assert.deepEqual(
          shares.map(({ group }) => group),
          [groupCodes[to]],
        );
        assert.deepEqual(hello.extensions.get('cookie'), Uint8Array.from(encodeCookie(cookie)));
        // RFC 8446 §4.1.2: the rest is the same.
        assert.deepEqual([hello.random, hello.sessionId], [before.random, before.sessionId]);
        talk.say(talk.server.honestFlight());
        assert.equal(talk.client.status.phase, 'connected', String(talk.client.failure));
        assert.equal(talk.client.status.group, to);
      });
    }
  }

  it('with a cookie alone keeps the key share', () => {
    const talk = new Talk(honest);
    const before = talk.server.hello.extensions.get('key_share');
    retry(talk, { cookie: randomBytes(10) });
    assert.deepEqual(talk.server.hello.extensions.get('key_share'), before);
    talk.say(talk.server.honestFlight());
    assert.equal(talk.client.status.phase, 'connected');
  });

  it('may have change_cipher_spec before and after it', () => {
    const talk = new Talk(honest);
    const changeCipherSpec = talk.server.plain('change_cipher_spec', Uint8Array.of(1));
    talk.say(changeCipherSpec);
    retry(talk, { group: groupCodes['P-256'] });
    talk.say(changeCipherSpec);
    talk.say(talk.server.honestFlight());
    assert.equal(talk.client.status.phase, 'connected');
  });
});

describe('a share of X25519MLKEM768', () => {
  it('whose ciphertext was changed gives another secret (implicit rejection), so that nothing decrypts', () => {
    const talk = new Talk(honest, { policy: startingWith('X25519MLKEM768') });
    const keyShare = { group: groupCodes.X25519MLKEM768, share: Buffer.concat([randomBytes(1088), randomBytes(32)]) };
    talk.say(talk.server.plain('handshake', talk.server.serverHello({ keyShare })));
    assert.equal(talk.client.status.phase, 'handshaking', 'the share itself looks like any other');
    talk.server.useHandshakeKeys();
    talk.client.receive(talk.server.seal('handshake', talk.server.encryptedExtensions()));
    assert.equal(talk.client.failure?.code, 'KS-T115');
  });
});
