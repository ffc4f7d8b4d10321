import { randomBytes } from 'node:crypto';
import { acknowledgement, extension, type ServerHelloLies } from '@keystile/adversary';
import { concatBytes, fromHex } from '@keystile/bytes';
import type { ErrorCode } from '@keystile/errors';
import type { Alert } from '@keystile/tls';
import {
  cipherSuiteCodes,
  encodeProtocols,
  encodeSelectedVersion,
  groupCodes,
  retryRequestRandom,
} from '@keystile/tls/codec';
import { type ScriptedCase, tls12Group, tls13Group } from '../script.ts';
import { fitted, misfits } from '../steps.ts';

const sentinelOfTls13 = concatBytes(new Uint8Array(24), fromHex('444f574e47524401'));
const sentinelOfTls12 = concatBytes(new Uint8Array(24), fromHex('444f574e47524400'));
const onlyTls12 = { versions: ['1.2'], suites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] } as const;
const both = {
  versions: ['1.3', '1.2'],
  suites: ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
} as const;

const serverHello = tls12Group('ServerHello');
const lies: readonly (readonly [string, ServerHelloLies, ErrorCode, Alert])[] = [
  ['TLS 1.1', { legacyVersion: 0x0302 }, 'KS-T101', 'protocol_version'],
  ['TLS 1.0', { legacyVersion: 0x0301 }, 'KS-T101', 'protocol_version'],
  ['SSL 3.0', { legacyVersion: 0x0300 }, 'KS-T101', 'protocol_version'],
  ['TLS 1.3 the old way', { legacyVersion: 0x0304 }, 'KS-T101', 'protocol_version'],
  ['the sentinel of a server with TLS 1.3', { random: sentinelOfTls13 }, 'KS-T102', 'illegal_parameter'],
  ['the sentinel of a server with TLS 1.2', { random: sentinelOfTls12 }, 'KS-T102', 'illegal_parameter'],
  [
    'TLS 1.2 the new way',
    { more: [extension('supported_versions', encodeSelectedVersion(0x0303))] },
    'KS-T112',
    'illegal_parameter',
  ],
  ['the random of a HelloRetryRequest', { random: retryRequestRandom }, 'KS-T114', 'missing_extension'],
  ['a suite of TLS 1.3', { cipherSuite: 0x1301 }, 'KS-T112', 'illegal_parameter'],
  ['a CBC suite', { cipherSuite: 0xc023 }, 'KS-T112', 'illegal_parameter'],
  ['a suite for RSA', { cipherSuite: 0xc02f }, 'KS-T112', 'illegal_parameter'],
  [
    'a suite that the policy leaves out',
    { cipherSuite: cipherSuiteCodes.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 },
    'KS-T112',
    'illegal_parameter',
  ],
  ['a compression', { compression: 1 }, 'KS-T112', 'illegal_parameter'],
  ['a session id of 33 bytes', { sessionId: randomBytes(33) }, 'KS-T111', 'decode_error'],
  ['no extended master secret', { without: ['extended_master_secret'] }, 'KS-T160', 'handshake_failure'],
  [
    'an extended master secret with content',
    { without: ['extended_master_secret'], more: [extension('extended_master_secret', Uint8Array.of(0))] },
    'KS-T111',
    'decode_error',
  ],
  ['no renegotiation_info', { without: ['renegotiation_info'] }, 'KS-T161', 'handshake_failure'],
  [
    'the renegotiation_info of a renegotiation',
    {
      without: ['renegotiation_info'],
      more: [extension('renegotiation_info', Uint8Array.of(24, ...randomBytes(24)))],
    },
    'KS-T161',
    'handshake_failure',
  ],
  ['a session ticket to come', { more: [acknowledgement('session_ticket')] }, 'KS-T113', 'unsupported_extension'],
  ['an OCSP answer to come', { more: [acknowledgement('status_request')] }, 'KS-T113', 'unsupported_extension'],
  ['encrypt-then-MAC', { more: [{ code: 22, data: new Uint8Array(0) }] }, 'KS-T113', 'unsupported_extension'],
  ['a key share', { more: [extension('key_share', Uint8Array.of(0, 29))] }, 'KS-T112', 'illegal_parameter'],
  [
    'compressed points only',
    { more: [extension('ec_point_formats', Uint8Array.of(1, 1))] },
    'KS-T112',
    'illegal_parameter',
  ],
  ['a name that is not empty', { more: [extension('server_name', Uint8Array.of(1))] }, 'KS-T111', 'decode_error'],
];
for (const [name, lie, code, alert] of lies) {
  serverHello.refuses({
    name: `with ${name} is refused`,
    script: (talk) => talk.sayPlain(talk.server.serverHello(lie)),
    code,
    alert,
  });
}

serverHello.refuses({
  name: 'that resumes a session which nobody offered is refused',
  script: (talk) => talk.sayPlain(talk.server.serverHello({ sessionId: talk.server.hello.sessionId })),
  code: 'KS-T112',
  alert: 'illegal_parameter',
});
serverHello.refuses({
  name: 'with an application protocol that was not offered is refused',
  policy: { alpn: ['mqtt'] },
  script: (talk) => {
    const lie = extension('application_layer_protocol_negotiation', encodeProtocols(['h2']));
    talk.sayPlain(talk.server.serverHello({ more: [lie] }));
  },
  code: 'KS-T112',
  alert: 'illegal_parameter',
});
serverHello.refuses({
  name: 'without an application protocol is refused when one is required',
  policy: { alpn: ['mqtt'], alpnRequired: true },
  script: (talk) => talk.sayPlain(talk.server.serverHello()),
  code: 'KS-T106',
  alert: 'no_application_protocol',
});

serverHello.refuses({
  name: 'is refused where the policy knows TLS 1.3 alone',
  policy: { versions: ['1.3'], suites: ['TLS_AES_128_GCM_SHA256'] },
  script: (talk) => talk.sayPlain(talk.server.serverHello()),
  code: 'KS-T101',
  alert: 'protocol_version',
});
serverHello.refuses({
  name: 'with the sentinel of a server with TLS 1.2 is refused by a client that has nothing newer',
  policy: onlyTls12,
  script: (talk) => talk.sayPlain(talk.server.serverHello({ random: sentinelOfTls12 })),
  code: 'KS-T102',
  alert: 'illegal_parameter',
});
serverHello.accepts({
  name: 'with the sentinel of a server with TLS 1.3 is in order for a client that did not offer that',
  policy: onlyTls12,
  script: (talk) => {
    const { server } = talk;
    const messages = [
      server.serverHello({ random: sentinelOfTls13 }),
      server.certificate(),
      server.serverKeyExchange(),
    ];
    talk.sayPlain(concatBytes(...messages, server.serverHelloDone()));
    talk.say(server.honestEnd());
  },
});
serverHello.refuses({
  name: 'of TLS 1.3 is refused by a client that offered TLS 1.2 alone',
  policy: onlyTls12,
  script: (talk) =>
    talk.sayPlain(talk.server.serverHello({ more: [extension('supported_versions', encodeSelectedVersion(0x0304))] })),
  code: 'KS-T112',
  alert: 'illegal_parameter',
});
serverHello.refuses({
  name: 'after a change_cipher_spec, which TLS 1.3 alone ignores, is refused',
  script: (talk) => talk.say(concatBytes(talk.server.changeCipherSpec(), talk.server.honestFlight())),
  code: 'KS-T110',
  alert: 'unexpected_message',
});
for (const [how, change] of misfits) {
  serverHello.refuses({
    name: `${how} is refused`,
    script: (talk) => talk.sayPlain(change(talk.server.serverHello())),
    code: 'KS-T111',
    alert: 'decode_error',
  });
}
serverHello.refuses({
  name: 'without any extension is refused',
  script: (talk) => talk.sayPlain(fitted(talk.server.serverHello().slice(0, 4 + 70))),
  code: 'KS-T160',
  alert: 'handshake_failure',
});

const afterRetry = tls13Group('HelloRetryRequest');
afterRetry.refuses({
  name: 'followed by a ServerHello of TLS 1.2 is refused',
  policy: both,
  script: (talk) => {
    talk.sayPlain(talk.server.helloRetryRequest({ group: groupCodes['P-256'] }));
    const cipherSuite = cipherSuiteCodes.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
    talk.sayPlain(talk.server.serverHello({ cipherSuite, without: ['supported_versions'], keyShare: null }));
  },
  code: 'KS-T112',
  alert: 'illegal_parameter',
  encrypted: false,
});

export const tls12Hello: readonly ScriptedCase[] = [...serverHello.cases, ...afterRetry.cases];
