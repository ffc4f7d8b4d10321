import { randomBytes } from 'node:crypto';
import type { Talk } from '@keystile/adversary';
import { concatBytes } from '@keystile/bytes';
import { alertCodes, encodeKeyUpdate, encodeNewSessionTicket } from '@keystile/tls/codec';
import { type ScriptedCase, tls13Group } from '../script.ts';

const requested = encodeKeyUpdate({ updateRequested: true });
const notRequested = encodeKeyUpdate({ updateRequested: false });

const keyUpdate = tls13Group('a KeyUpdate');
const refused = { code: 'KS-T110', alert: 'unexpected_message' } as const;
const flight = ['encryptedExtensions', 'certificate', 'certificateVerify'] as const;
for (let count = 0; count <= flight.length; count++) {
  keyUpdate.refuses({
    ...refused,
    name: `in the handshake, after ${count} messages, is refused`,
    script: (talk) => {
      talk.hello();
      for (const name of flight.slice(0, count)) talk.saySealed(talk.server[name]());
      talk.saySealed(requested);
    },
  });
}
keyUpdate.refuses({
  ...refused,
  name: 'with another message in its record is refused: it would stand under two keys',
  from: 'connected',
  script: (talk) => {
    talk.saySealed(concatBytes(notRequested, notRequested));
  },
});
for (const [name, message, code, alert] of [
  ['that asks for something unknown', Uint8Array.of(24, 0, 0, 1, 2), 'KS-T112', 'illegal_parameter'],
  ['that is empty', Uint8Array.of(24, 0, 0, 0), 'KS-T111', 'decode_error'],
  ['that is too long', Uint8Array.of(24, 0, 0, 2, 0, 0), 'KS-T111', 'decode_error'],
] as const) {
  keyUpdate.refuses({
    name: `${name} is refused`,
    from: 'connected',
    script: (talk) => {
      talk.saySealed(message);
    },
    code,
    alert,
  });
}
keyUpdate.refuses({
  name: 'after which the old key is still used is refused',
  from: 'connected',
  script: (talk) => {
    talk.saySealed(notRequested);
    talk.say(talk.server.seal('application_data', Uint8Array.of(1)));
  },
  code: 'KS-T115',
  alert: 'bad_record_mac',
});

const changeCipherSpec = tls13Group('change_cipher_spec');
for (const [name, bytes] of [
  ['of two', Uint8Array.of(2)],
  ['of nothing', new Uint8Array(0)],
  ['of two bytes', Uint8Array.of(1, 1)],
] as const) {
  for (const moment of ['before ServerHello', 'after it'] as const) {
    changeCipherSpec.refuses({
      name: `${name} is refused, ${moment}`,
      script: (talk) => {
        if (moment === 'after it') talk.hello();
        talk.say(talk.server.plain('change_cipher_spec', bytes));
      },
      code: 'KS-T110',
      alert: 'unexpected_message',
      encrypted: moment === 'after it',
    });
  }
}

for (const when of ['before ServerHello', 'after it'] as const) {
  changeCipherSpec.refuses({
    name: `nine times is a flood, ${when}`,
    script: (talk) => {
      if (when === 'after it') talk.hello();
      for (let i = 0; i < 9; i++) talk.say(talk.server.plain('change_cipher_spec', Uint8Array.of(1)));
    },
    code: 'KS-T118',
    alert: 'unexpected_message',
    encrypted: when === 'after it',
  });
}
changeCipherSpec.accepts({
  name: 'between any two messages up to Finished is in order (RFC 8446 §5)',
  script: (talk) => {
    const { server } = talk;
    talk.say(server.plain('change_cipher_spec', Uint8Array.of(1)));
    talk.hello();
    for (const name of ['encryptedExtensions', 'certificate', 'certificateVerify', 'finished'] as const) {
      talk.say(server.plain('change_cipher_spec', Uint8Array.of(1)));
      talk.saySealed(server[name]());
    }
  },
});

const flood = tls13Group('a flood');
const ticket = encodeNewSessionTicket(
  { lifetimeSeconds: 3600, ageAdd: 1, nonce: Uint8Array.of(1), ticket: randomBytes(100) },
  [],
);

/** What each record of a flood is, and how many in a row are still in order. */
const floods: readonly (readonly [string, number, (talk: Talk) => Uint8Array])[] = [
  ['empty records', 32, ({ server }) => server.seal('application_data', new Uint8Array(0))],
  ['tickets', 32, ({ server }) => server.seal('handshake', ticket)],
  ['warnings', 4, ({ server }) => server.seal('alert', Uint8Array.of(1, alertCodes.user_canceled))],
  ['key updates that ask for an answer', 32, (talk) => update(talk, requested)],
  ['key updates that ask for none', 32, (talk) => update(talk, notRequested)],
  [
    'key updates with empty records between them',
    32,
    (talk) => concatBytes(update(talk, notRequested), talk.server.seal('application_data', new Uint8Array(0))),
  ],
];

function update(talk: Talk, message: Uint8Array): Uint8Array {
  const record = talk.server.seal('handshake', message);
  talk.server.useNextKeys();
  return record;
}

for (const [name, most, one] of floods) {
  flood.accepts({
    name: `of ${name} is not yet one at ${most}`,
    from: 'connected',
    script: (talk) => talk.say(concatBytes(...Array.from({ length: most }, () => one(talk)))),
  });
  for (const together of [true, false]) {
    flood.refuses({
      name: `of ${name} is refused at ${most + 1}, ${together ? 'at once' : 'one by one'}`,
      from: 'connected',
      script: (talk) => {
        const records = Array.from({ length: most + 1 }, () => one(talk));
        for (const bytes of together ? [concatBytes(...records)] : records) talk.say(bytes);
      },
      code: 'KS-T118',
      alert: 'unexpected_message',
    });
  }
  flood.accepts({
    name: `of ${name} is none when data comes between them`,
    from: 'connected',
    script: (talk) => {
      for (let i = 0; i < (name === 'warnings' ? most : 3 * most); i++) {
        talk.say(concatBytes(one(talk), talk.server.seal('application_data', Uint8Array.of(i))));
      }
    },
  });
}

export const tls13Connected: readonly ScriptedCase[] = [...keyUpdate.cases, ...changeCipherSpec.cases, ...flood.cases];
