import { randomBytes } from 'node:crypto';
import type { Tls12Talk } from '@keystile/adversary';
import { concatBytes } from '@keystile/bytes';
import { type ScriptedCase, tls12Group } from '../script.ts';

const finished = tls12Group('Finished');
/** The client's flight is out, and the server's keys are ready. */
function answered(talk: Tls12Talk): void {
  talk.say(talk.server.honestFlight());
  talk.server.useKeys();
}
const afterAnswer = { alert: 'unexpected_message', encrypted: true } as const;

finished.refuses({
  name: 'without change_cipher_spec is refused',
  script: (talk) => {
    answered(talk);
    talk.sayPlain(talk.server.finished());
  },
  code: 'KS-T110',
  ...afterAnswer,
});
finished.refuses({
  name: 'in the clear after change_cipher_spec is refused',
  script: (talk) => {
    answered(talk);
    talk.say(concatBytes(talk.server.changeCipherSpec(), talk.server.plain('handshake', talk.server.finished())));
  },
  code: 'KS-T115',
  alert: 'bad_record_mac',
  encrypted: true,
});
for (const [name, record] of [
  ['twice', Uint8Array.of(1)],
  ['of two bytes', Uint8Array.of(1, 1)],
  ['of another value', Uint8Array.of(2)],
  ['that is empty', new Uint8Array(0)],
] as const) {
  finished.refuses({
    name: `after a change_cipher_spec ${name} is refused`,
    script: (talk) => {
      answered(talk);
      if (name === 'twice') talk.say(talk.server.changeCipherSpec());
      talk.say(talk.server.plain('change_cipher_spec', record));
    },
    code: 'KS-T110',
    ...afterAnswer,
  });
}
finished.refuses({
  name: 'cut by the change_cipher_spec is refused',
  script: (talk) => {
    answered(talk);
    const finished = talk.server.finished();
    talk.sayPlain(finished.subarray(0, 5));
    talk.say(concatBytes(talk.server.changeCipherSpec(), talk.server.seal('handshake', finished.subarray(5))));
  },
  code: 'KS-T110',
  ...afterAnswer,
});
for (const [name, verifyData] of [
  ['wrong', randomBytes(12)],
  ['short', randomBytes(11)],
  ['long', randomBytes(32)],
  ['empty', new Uint8Array(0)],
] as const) {
  finished.refuses({
    name: `that is ${name} is refused`,
    script: (talk) => {
      answered(talk);
      talk.say(talk.server.changeCipherSpec());
      talk.saySealed(talk.server.finished({ verifyData }));
    },
    code: 'KS-T109',
    alert: 'decrypt_error',
    encrypted: true,
  });
}
finished.refuses({
  name: 'after a ticket that nobody asked for is refused',
  script: (talk) => {
    answered(talk);
    talk.sayPlain(talk.server.newSessionTicket(randomBytes(50)));
  },
  code: 'KS-T110',
  ...afterAnswer,
});
finished.refuses({
  name: 'overtaken by application data is refused',
  script: (talk) => {
    answered(talk);
    talk.say(talk.server.changeCipherSpec());
    talk.say(talk.server.seal('application_data', Uint8Array.of(1)));
  },
  code: 'KS-T110',
  ...afterAnswer,
});
finished.refuses({
  name: 'overtaken by application data in the clear is refused',
  script: (talk) => {
    answered(talk);
    talk.say(talk.server.plain('application_data', Uint8Array.of(1)));
  },
  code: 'KS-T110',
  ...afterAnswer,
});
finished.refuses({
  name: 'over a handshake that the client did not see is refused',
  script: (talk) => {
    answered(talk);
    talk.server.certificate();
    talk.say(talk.server.honestEnd());
  },
  code: 'KS-T109',
  alert: 'decrypt_error',
  encrypted: true,
});

export const tls12Finished: readonly ScriptedCase[] = finished.cases;
