import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Group, TlsPolicy } from '@keystile/tls';
import {
  cipherSuiteCodes,
  decodeClientShares,
  encodeCookie,
  encodeSelectedVersion,
  groupCodes,
} from '@keystile/tls/codec';
import { extension } from '../../src/index.ts';
import { refuses } from './refuses.ts';
import { party, Talk } from './talk.ts';

const honest = party();
const groups: readonly Group[] = ['X25519', 'P-256', 'P-384', 'X25519MLKEM768'];
/** In no table of ours: secp521r1. */
const foreignGroup = 0x0019;

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

describe('a HelloRetryRequest', () => {
  const plain = { server: honest, encrypted: false } as const;
  const illegal = { ...plain, code: 'KS-T112', alert: 'illegal_parameter' } as const;
  for (const group of groups) {
    const policy = startingWith(group);
    const other = groups.find((each) => each !== group) ?? 'X25519';
    refuses({
      ...illegal,
      name: `for ${group}, whose share it has, is refused`,
      policy,
      script: (talk) => retry(talk, { group: groupCodes[group] }),
    });
    refuses({
      ...illegal,
      name: `for ${group}, whose share it has, is refused with a cookie too`,
      policy,
      script: (talk) => retry(talk, { group: groupCodes[group], cookie: randomBytes(8) }),
    });
    refuses({
      ...illegal,
      name: `for ${group}, which was not offered, is refused`,
      policy: { groups: [other], keyShares: [other] },
      script: (talk) => retry(talk, { group: groupCodes[group] }),
    });
    refuses({
      ...plain,
      name: `for ${group} is refused the second time`,
      policy: startingWith(other),
      script: (talk) => {
        retry(talk, { group: groupCodes[group] });
        const third = groupCodes[groups.find((each) => each !== group && each !== other) ?? 'X25519'];
        const again = talk.server.serverHello({
          random: Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex'),
          keyShare: null,
          more: [extension('key_share', Uint8Array.of(third >> 8, third & 255))],
        });
        talk.say(talk.server.plain('handshake', again));
      },
      code: 'KS-T110',
      alert: 'unexpected_message',
    });
    refuses({
      ...illegal,
      name: `for ${group} followed by a share of ${other} is refused`,
      policy: startingWith(other),
      script: (talk) => {
        retry(talk, { group: groupCodes[group] });
        const lie = { keyShare: { group: groupCodes[other], share: randomBytes(32) } };
        talk.say(talk.server.plain('handshake', talk.server.serverHello(lie)));
      },
    });
    refuses({
      ...illegal,
      name: `for ${group} followed by another suite is refused`,
      policy: startingWith(other),
      script: (talk) => {
        retry(talk, { group: groupCodes[group] });
        const lie = { cipherSuite: cipherSuiteCodes.TLS_AES_128_CCM_SHA256 };
        talk.say(talk.server.plain('handshake', talk.server.serverHello(lie)));
      },
    });
  }

  refuses({ ...illegal, name: 'that changes nothing is refused', script: (talk) => retry(talk, {}) });
  refuses({
    ...illegal,
    name: 'for a group that nobody knows is refused',
    script: (talk) => retry(talk, { group: foreignGroup }),
  });
  refuses({
    ...plain,
    name: 'with an empty cookie is refused',
    script: (talk) => retry(talk, { cookie: new Uint8Array(0) }),
    code: 'KS-T111',
    alert: 'decode_error',
  });
  refuses({
    ...plain,
    name: 'with a key share where a group belongs is refused',
    script: (talk) => retry(talk, { more: [extension('key_share', randomBytes(36))] }),
    code: 'KS-T111',
    alert: 'decode_error',
  });
  refuses({
    ...illegal,
    name: 'with an extension that belongs elsewhere is refused',
    script: (talk) => retry(talk, { cookie: randomBytes(8), more: [extension('server_name', new Uint8Array(0))] }),
  });
  refuses({
    ...illegal,
    name: 'with the version twice is refused',
    script: (talk) =>
      retry(talk, { cookie: randomBytes(8), more: [extension('supported_versions', encodeSelectedVersion(0x0304))] }),
  });
  refuses({
    ...plain,
    name: 'with bytes after it in its record is refused: they cannot be an answer to the second hello',
    script: (talk) => {
      const { server } = talk;
      const request = server.helloRetryRequest({ group: groupCodes['P-256'] });
      talk.say(server.plain('handshake', Buffer.concat([request, Uint8Array.of(2, 0)])));
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
});

describe('a share of X25519MLKEM768', () => {
  const policy: Partial<TlsPolicy> = { groups: ['X25519MLKEM768'], keyShares: ['X25519MLKEM768'] };
  const group = groupCodes.X25519MLKEM768;
  const x25519Share = randomBytes(32);
  const shares: readonly (readonly [string, Uint8Array])[] = [
    ['of X25519 alone', x25519Share],
    ['of ML-KEM alone', randomBytes(1088)],
    ['one byte short', randomBytes(1119)],
    ['one byte long', randomBytes(1121)],
    ["as long as the client's", randomBytes(1216)],
    ['whose X25519 half is zero', Buffer.concat([randomBytes(1088), new Uint8Array(32)])],
    ['whose X25519 half has order two', Buffer.concat([randomBytes(1088), Uint8Array.of(1), new Uint8Array(31)])],
  ];
  for (const [name, share] of shares) {
    refuses({
      name: `${name} is refused`,
      server: honest,
      policy,
      script: (talk) =>
        talk.say(talk.server.plain('handshake', talk.server.serverHello({ keyShare: { group, share } }))),
      code: 'KS-T112',
      alert: 'illegal_parameter',
      encrypted: false,
    });
  }

  it('whose ciphertext was changed gives another secret (implicit rejection), so that nothing decrypts', () => {
    const talk = new Talk(honest, { policy });
    const keyShare = { group, share: Buffer.concat([randomBytes(1088), randomBytes(32)]) };
    talk.say(talk.server.plain('handshake', talk.server.serverHello({ keyShare })));
    assert.equal(talk.client.status.phase, 'handshaking', 'the share itself looks like any other');
    talk.server.useHandshakeKeys();
    talk.client.receive(talk.server.seal('handshake', talk.server.encryptedExtensions()));
    assert.equal(talk.client.failure?.code, 'KS-T115');
  });
});
