import { randomBytes } from 'node:crypto';
import type { Tls12Talk } from '@keystile/adversary';
import { concatBytes } from '@keystile/bytes';
import { alertCodes, handshakeTypes } from '@keystile/tls/codec';
import { type ScriptedCase, tls12Group } from '../script.ts';

const records = tls12Group('records');
for (const [name, damage] of [
  ['changed', (record: Uint8Array) => record.with(20, (record[20] ?? 0) ^ 1)],
  ['of another explicit nonce', (record: Uint8Array) => record.with(12, (record[12] ?? 0) ^ 1)],
  ['of another type', (record: Uint8Array) => record.with(0, 21)],
  [
    'too short for nonce and tag',
    (record: Uint8Array) => Uint8Array.from([23, 3, 3, 0, 23, ...record.subarray(5, 28)]),
  ],
] as const) {
  records.refuses({
    name: `${name} are refused`,
    from: 'connected',
    script: (talk) => {
      talk.say(damage(Uint8Array.from(talk.server.seal('application_data', randomBytes(50)))));
    },
    code: 'KS-T115',
    alert: 'bad_record_mac',
    encrypted: true,
  });
}
records.refuses({
  name: 'that are repeated are refused, though nonce and tag fit each other',
  from: 'connected',
  script: (talk) => {
    const record = talk.server.seal('application_data', randomBytes(20));
    talk.say(record);
    talk.say(record);
  },
  code: 'KS-T115',
  alert: 'bad_record_mac',
  encrypted: true,
});
records.refuses({
  name: 'of another version are refused',
  from: 'connected',
  script: (talk) => {
    talk.say(Uint8Array.from(talk.server.seal('application_data', randomBytes(20))).with(2, 2));
  },
  code: 'KS-T112',
  alert: 'illegal_parameter',
  encrypted: true,
});
records.refuses({
  name: 'that are too long are refused by their header',
  from: 'connected',
  script: (talk) => {
    const longest = 16_384 + 24;
    talk.say(Uint8Array.of(23, 3, 3, (longest + 1) >>> 8, (longest + 1) & 0xff));
  },
  code: 'KS-T116',
  alert: 'record_overflow',
  encrypted: true,
});
for (const type of ['change_cipher_spec', 'handshake'] as const) {
  records.refuses({
    name: `of ${type} that are protected and out of place are refused`,
    from: 'connected',
    script: (talk) => {
      talk.say(talk.server.seal(type, type === 'handshake' ? talk.server.finished() : Uint8Array.of(1)));
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
    encrypted: true,
  });
}

const renegotiation = tls12Group('renegotiation');
renegotiation.accepts({
  name: 'that the server wishes is declined, and the connection goes on',
  from: 'connected',
  script: (talk) => {
    for (let i = 0; i < 20; i++) {
      talk.saySealed(talk.server.helloRequest());
      talk.say(talk.server.seal('application_data', Uint8Array.of(i)));
    }
  },
});
renegotiation.refuses({
  name: 'that the server begins by itself is refused',
  from: 'connected',
  script: (talk) => talk.saySealed(talk.server.serverHello()),
  code: 'KS-T110',
  alert: 'unexpected_message',
  encrypted: true,
});
renegotiation.refuses({
  name: 'wished with a HelloRequest that is not empty is refused',
  from: 'connected',
  script: (talk) => talk.saySealed(Uint8Array.of(handshakeTypes.HelloRequest, 0, 0, 1, 0)),
  code: 'KS-T111',
  alert: 'decode_error',
  encrypted: true,
});

const flood = tls12Group('a flood');
/** What each record of a flood is, and how many in a row are still in order. */
const floods: readonly (readonly [string, number, (talk: Tls12Talk) => Uint8Array])[] = [
  ['empty records', 32, ({ server }) => server.seal('application_data', new Uint8Array(0))],
  ['warnings', 4, ({ server }) => server.seal('alert', Uint8Array.of(1, alertCodes.unrecognized_name))],
];
for (const [name, most, one] of floods) {
  flood.accepts({
    name: `of ${name} is not yet one at ${most}`,
    from: 'connected',
    script: (talk) => talk.say(concatBytes(...Array.from({ length: most }, () => one(talk)))),
  });
  flood.refuses({
    name: `of ${name} is refused at ${most + 1}`,
    from: 'connected',
    script: (talk) => talk.say(concatBytes(...Array.from({ length: most + 1 }, () => one(talk)))),
    code: 'KS-T118',
    alert: 'unexpected_message',
    encrypted: true,
  });
}

export const tls12Connected: readonly ScriptedCase[] = [...records.cases, ...renegotiation.cases, ...flood.cases];
