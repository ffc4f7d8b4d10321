import { randomBytes } from 'node:crypto';
import { concatBytes } from '@keystile/bytes';
import { alertCodes } from '@keystile/tls/codec';
import { type ScriptedCase, tls13Group } from '../script.ts';

const records = tls13Group('records');
for (const [name, alertBytes] of [
  ['a fatal alert', Uint8Array.of(2, alertCodes.handshake_failure)],
  ['close_notify', Uint8Array.of(1, alertCodes.close_notify)],
] as const) {
  records.refuses({
    name: `${name} in the clear, after keys, is refused`,
    script: (talk) => {
      talk.hello();
      talk.say(talk.server.plain('alert', alertBytes));
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
}
records.refuses({
  name: 'a plaintext handshake message after keys is refused',
  script: (talk) => {
    talk.hello();
    talk.sayPlain(talk.server.encryptedExtensions());
  },
  code: 'KS-T110',
  alert: 'unexpected_message',
});
records.refuses({
  name: 'handshake bytes that straddle the change to handshake keys are refused, with an encrypted alert',
  script: (talk) => {
    talk.sayPlain(concatBytes(talk.server.serverHello(), Uint8Array.of(8, 0)));
  },
  code: 'KS-T110',
  alert: 'unexpected_message',
});
records.refuses({
  name: 'handshake bytes that straddle the change to application keys are refused',
  script: (talk) => {
    talk.hello();
    const { server } = talk;
    const flight = [server.encryptedExtensions(), server.certificate(), server.certificateVerify(), server.finished()];
    talk.saySealed(concatBytes(...flight, Uint8Array.of(4)));
  },
  code: 'KS-T110',
  alert: 'unexpected_message',
});
records.refuses({
  name: 'a record that was changed is refused',
  from: 'connected',
  script: (talk) => {
    const record = talk.server.seal('application_data', randomBytes(20));
    record[10] = (record[10] ?? 0) ^ 1;
    talk.say(record);
  },
  code: 'KS-T115',
  alert: 'bad_record_mac',
});
records.refuses({
  name: 'a record that is repeated is refused',
  from: 'connected',
  script: (talk) => {
    const record = talk.server.seal('application_data', randomBytes(20));
    talk.say(record);
    talk.say(record);
  },
  code: 'KS-T115',
  alert: 'bad_record_mac',
});
records.refuses({
  name: 'a record that is too long is refused by its header',
  from: 'connected',
  script: (talk) => {
    talk.say(Uint8Array.of(23, 3, 3, 0x41, 0x01));
  },
  code: 'KS-T116',
  alert: 'record_overflow',
});
records.refuses({
  name: 'a record of padding only is refused',
  from: 'connected',
  script: (talk) => {
    talk.say(talk.server.seal(0, new Uint8Array(50)));
  },
  code: 'KS-T110',
  alert: 'unexpected_message',
});
records.refuses({
  name: 'change_cipher_spec inside protection is refused',
  from: 'connected',
  script: (talk) => {
    talk.say(talk.server.seal('change_cipher_spec', Uint8Array.of(1)));
  },
  code: 'KS-T110',
  alert: 'unexpected_message',
});
records.refuses({
  name: 'change_cipher_spec after Finished is refused',
  from: 'connected',
  script: (talk) => {
    talk.say(talk.server.plain('change_cipher_spec', Uint8Array.of(1)));
  },
  code: 'KS-T110',
  alert: 'unexpected_message',
});
records.refuses({
  name: 'an empty handshake record is refused',
  from: 'connected',
  script: (talk) => {
    talk.saySealed(new Uint8Array(0));
  },
  code: 'KS-T110',
  alert: 'unexpected_message',
});
records.refuses({
  name: 'two alerts in one record are refused',
  from: 'connected',
  script: (talk) => {
    talk.say(talk.server.seal('alert', Uint8Array.of(1, 0, 1, 0)));
  },
  code: 'KS-T111',
  alert: 'decode_error',
});

records.refuses({
  name: 'that protect one byte too many are refused',
  from: 'connected',
  script: (talk) => talk.say(talk.server.seal('application_data', new Uint8Array(16_385), 16_385)),
  code: 'KS-T116',
  alert: 'record_overflow',
});
records.refuses({
  name: 'too short for a tag are refused',
  from: 'connected',
  script: (talk) => talk.say(Uint8Array.of(23, 3, 3, 0, 16, ...new Uint8Array(16))),
  code: 'KS-T115',
  alert: 'bad_record_mac',
});
records.refuses({
  name: 'in which one is left out are refused',
  from: 'connected',
  script: (talk) => {
    talk.server.seal('application_data', Uint8Array.of(1));
    talk.say(talk.server.seal('application_data', Uint8Array.of(2)));
  },
  code: 'KS-T115',
  alert: 'bad_record_mac',
});
records.accepts({
  name: 'of one byte each, with the whole handshake in them, are in order',
  script: (talk) => {
    const { server } = talk;
    for (const byte of server.serverHello()) talk.sayPlain(Uint8Array.of(byte));
    server.useHandshakeKeys();
    const messages = [server.encryptedExtensions(), server.certificate(), server.certificateVerify()];
    talk.say(server.seal('handshake', concatBytes(...messages, server.finished()), 1));
  },
});
records.accepts({
  name: 'that come byte by byte are in order',
  script: (talk) => {
    for (const byte of talk.server.honestFlight()) talk.say(Uint8Array.of(byte));
  },
});

export const tls13Records: readonly ScriptedCase[] = records.cases;
