import { randomBytes } from 'node:crypto';
import { extension, type ServerHelloLies, type Talk } from '@keystile/adversary';
import { concatBytes, fromHex } from '@keystile/bytes';
import type { ErrorCode } from '@keystile/errors';
import type { Alert, Group, TlsPolicy } from '@keystile/tls';
import { cipherSuiteCodes, encodeSelectedVersion, groupCodes, retryRequestRandom } from '@keystile/tls/codec';
import { type ScriptedCase, tls13Group } from '../script.ts';
import { fitted, misfits } from '../steps.ts';

const serverHello = tls13Group('ServerHello');
const lies: readonly (readonly [string, ServerHelloLies, ErrorCode, Alert])[] = [
  ['a version that was not offered', { version: 0x0305 }, 'KS-T112', 'illegal_parameter'],
  ['TLS 1.2', { without: ['supported_versions'] }, 'KS-T101', 'protocol_version'],
  [
    'TLS 1.2 with the downgrade sentinel',
    { without: ['supported_versions'], random: fromHex(`${'00'.repeat(24)}444f574e47524401`) },
    'KS-T102',
    'illegal_parameter',
  ],
  ['another legacy version', { legacyVersion: 0x0304 }, 'KS-T112', 'illegal_parameter'],
  ['another session id', { sessionId: new Uint8Array(32) }, 'KS-T112', 'illegal_parameter'],
  ['a suite that was not offered', { cipherSuite: 0x1303 }, 'KS-T112', 'illegal_parameter'],
  ['a compression', { compression: 1 }, 'KS-T112', 'illegal_parameter'],
  ['no key share', { keyShare: null }, 'KS-T114', 'missing_extension'],
  [
    'a group that no share was sent for',
    { keyShare: { group: groupCodes['P-256'], share: new Uint8Array(65) } },
    'KS-T112',
    'illegal_parameter',
  ],
  [
    'an X25519 share of low order',
    { keyShare: { group: groupCodes.X25519, share: new Uint8Array(32) } },
    'KS-T112',
    'illegal_parameter',
  ],
  [
    'an X25519 share that is too short',
    { keyShare: { group: groupCodes.X25519, share: new Uint8Array(31) } },
    'KS-T112',
    'illegal_parameter',
  ],
  [
    'an extension that was not offered',
    { more: [extension('pre_shared_key', Uint8Array.of(0, 0))] },
    'KS-T113',
    'unsupported_extension',
  ],
  [
    'an extension of another message',
    { more: [extension('server_name', new Uint8Array(0))] },
    'KS-T112',
    'illegal_parameter',
  ],
  [
    'the same extension twice',
    { more: [extension('supported_versions', Uint8Array.of(3, 4))] },
    'KS-T112',
    'illegal_parameter',
  ],
  [
    'an extension that nobody knows',
    { more: [{ code: 0x4a4a, data: Uint8Array.of(1) }] },
    'KS-T113',
    'unsupported_extension',
  ],
  ['a cookie', { more: [extension('cookie', Uint8Array.of(0, 1, 1))] }, 'KS-T112', 'illegal_parameter'],
  ['early data', { more: [extension('early_data', new Uint8Array(0))] }, 'KS-T112', 'illegal_parameter'],
  [
    'extended master secret, of TLS 1.2',
    { more: [extension('extended_master_secret', new Uint8Array(0))] },
    'KS-T112',
    'illegal_parameter',
  ],
  ['a session id that is empty', { sessionId: new Uint8Array(0) }, 'KS-T112', 'illegal_parameter'],
  ['TLS 1.2 as the selected version', { version: 0x0303 }, 'KS-T112', 'illegal_parameter'],
  [
    'an empty key share',
    { keyShare: { group: groupCodes.X25519, share: new Uint8Array(0) } },
    'KS-T111',
    'decode_error',
  ],
];
for (const [name, lie, code, alert] of lies) {
  serverHello.refuses({
    name: `with ${name} is refused`,
    script: (talk) => talk.sayPlain(talk.server.serverHello(lie)),
    code,
    alert,
    encrypted: false,
  });
}

for (const [how, change] of misfits) {
  serverHello.refuses({
    name: `${how} is refused`,
    script: (talk) => talk.sayPlain(change(talk.server.serverHello())),
    code: 'KS-T111',
    alert: 'decode_error',
    encrypted: false,
  });
}
serverHello.refuses({
  name: 'without any extension is refused',
  script: (talk) => talk.sayPlain(fitted(talk.server.serverHello().slice(0, 4 + 70))),
  code: 'KS-T101',
  alert: 'protocol_version',
  encrypted: false,
});

const groups: readonly Group[] = ['X25519', 'P-256', 'P-384', 'X25519MLKEM768'];
/** In no table of ours: secp521r1. */
const foreignGroup = 0x0019;

function startingWith(group: Group): Partial<TlsPolicy> {
  return { groups, keyShares: [group] };
}

function retry(talk: Talk, request: Parameters<Talk['server']['helloRetryRequest']>[0]): void {
  talk.sayPlain(talk.server.helloRetryRequest(request));
}

const retryRequest = tls13Group('HelloRetryRequest');
const inTheClear = { encrypted: false } as const;
const illegal = { ...inTheClear, code: 'KS-T112', alert: 'illegal_parameter' } as const;
for (const group of groups) {
  const policy = startingWith(group);
  const other = groups.find((each) => each !== group) ?? 'X25519';
  retryRequest.refuses({
    ...illegal,
    name: `for ${group}, whose share it has, is refused`,
    policy,
    script: (talk) => retry(talk, { group: groupCodes[group] }),
  });
  retryRequest.refuses({
    ...illegal,
    name: `for ${group}, whose share it has, is refused with a cookie too`,
    policy,
    script: (talk) => retry(talk, { group: groupCodes[group], cookie: randomBytes(8) }),
  });
  retryRequest.refuses({
    ...illegal,
    name: `for ${group}, which was not offered, is refused`,
    policy: { groups: [other], keyShares: [other] },
    script: (talk) => retry(talk, { group: groupCodes[group] }),
  });
  retryRequest.refuses({
    ...inTheClear,
    name: `for ${group} is refused the second time`,
    policy: startingWith(other),
    script: (talk) => {
      retry(talk, { group: groupCodes[group] });
      const third = groupCodes[groups.find((each) => each !== group && each !== other) ?? 'X25519'];
      const again = talk.server.serverHello({
        random: retryRequestRandom,
        keyShare: null,
        more: [extension('key_share', Uint8Array.of(third >> 8, third & 255))],
      });
      talk.sayPlain(again);
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
  retryRequest.refuses({
    ...illegal,
    name: `for ${group} followed by a share of ${other} is refused`,
    policy: startingWith(other),
    script: (talk) => {
      retry(talk, { group: groupCodes[group] });
      const lie = { keyShare: { group: groupCodes[other], share: randomBytes(32) } };
      talk.sayPlain(talk.server.serverHello(lie));
    },
  });
  retryRequest.refuses({
    ...illegal,
    name: `for ${group} followed by another suite is refused`,
    policy: startingWith(other),
    script: (talk) => {
      retry(talk, { group: groupCodes[group] });
      const lie = { cipherSuite: cipherSuiteCodes.TLS_AES_128_CCM_SHA256 };
      talk.sayPlain(talk.server.serverHello(lie));
    },
  });
}

retryRequest.refuses({ ...illegal, name: 'that changes nothing is refused', script: (talk) => retry(talk, {}) });
retryRequest.refuses({
  ...illegal,
  name: 'for a group that nobody knows is refused',
  script: (talk) => retry(talk, { group: foreignGroup }),
});
retryRequest.refuses({
  ...inTheClear,
  name: 'with an empty cookie is refused',
  script: (talk) => retry(talk, { cookie: new Uint8Array(0) }),
  code: 'KS-T111',
  alert: 'decode_error',
});
retryRequest.refuses({
  ...inTheClear,
  name: 'with a key share where a group belongs is refused',
  script: (talk) => retry(talk, { more: [extension('key_share', randomBytes(36))] }),
  code: 'KS-T111',
  alert: 'decode_error',
});
retryRequest.refuses({
  ...illegal,
  name: 'with an extension that belongs elsewhere is refused',
  script: (talk) => retry(talk, { cookie: randomBytes(8), more: [extension('server_name', new Uint8Array(0))] }),
});
retryRequest.refuses({
  ...illegal,
  name: 'with the version twice is refused',
  script: (talk) =>
    retry(talk, { cookie: randomBytes(8), more: [extension('supported_versions', encodeSelectedVersion(0x0304))] }),
});
retryRequest.refuses({
  ...inTheClear,
  name: 'with bytes after it in its record is refused: they cannot be an answer to the second hello',
  script: (talk) => {
    const request = talk.server.helloRetryRequest({ group: groupCodes['P-256'] });
    talk.sayPlain(concatBytes(request, Uint8Array.of(2, 0)));
  },
  code: 'KS-T110',
  alert: 'unexpected_message',
});

const hybridShare = tls13Group('a share of X25519MLKEM768');
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
  hybridShare.refuses({
    name: `${name} is refused`,
    policy: { groups: ['X25519MLKEM768'], keyShares: ['X25519MLKEM768'] },
    script: (talk) => talk.sayPlain(talk.server.serverHello({ keyShare: { group, share } })),
    code: 'KS-T112',
    alert: 'illegal_parameter',
    encrypted: false,
  });
}

export const tls13Hello: readonly ScriptedCase[] = [...serverHello.cases, ...retryRequest.cases, ...hybridShare.cases];
