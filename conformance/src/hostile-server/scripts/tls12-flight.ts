import { randomBytes } from 'node:crypto';
import { acknowledgement, type KeyExchangeLies, party } from '@keystile/adversary';
import { concatBytes } from '@keystile/bytes';
import type { ErrorCode } from '@keystile/errors';
import type { Alert } from '@keystile/tls';
import { groupCodes, signatureSchemeCodes } from '@keystile/tls/codec';
import { type ScriptedCase, tls12Group } from '../script.ts';
import { tls12Flight as messages, misfits, reachTls12 as upTo } from '../steps.ts';

const certificate = tls12Group('a Certificate');
certificate.refuses({
  name: 'with a key on a curve that was not among the groups is refused',
  policy: { groups: ['P-384'], keyShares: ['P-384'] },
  script: (talk) => {
    talk.sayPlain(talk.server.serverHello());
    talk.sayPlain(talk.server.certificate());
  },
  code: 'KS-T107',
  alert: 'illegal_parameter',
});

const flight = tls12Group('the flight in the clear');
for (const [at, skipped] of messages.entries()) {
  if (skipped === 'certificateRequest' || skipped === 'serverHelloDone') continue;
  flight.refuses({
    name: `without ${skipped} is refused at the message after it`,
    script: (talk) => {
      for (const [index, name] of messages.entries()) if (index !== at) talk.sayPlain(talk.server[name]());
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
}
for (const doubled of messages.slice(0, -1)) {
  flight.refuses({
    name: `with ${doubled} twice is refused`,
    script: (talk) => {
      upTo(talk, doubled);
      talk.sayPlain(talk.server[doubled]());
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
}
for (const last of messages.slice(0, -1)) {
  flight.refuses({
    name: `with change_cipher_spec right after ${last} is refused`,
    script: (talk) => {
      upTo(talk, last);
      talk.say(talk.server.changeCipherSpec());
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
  flight.refuses({
    name: `with Finished right after ${last} is refused`,
    script: (talk) => {
      upTo(talk, last);
      talk.sayPlain(Uint8Array.of(20, 0, 0, 12, ...new Uint8Array(12)));
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
  flight.refuses({
    name: `with HelloRequest right after ${last} is refused`,
    script: (talk) => {
      upTo(talk, last);
      talk.sayPlain(talk.server.helloRequest());
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
}
flight.refuses({
  name: 'with an empty certificate list is refused',
  script: (talk) => {
    upTo(talk, 'serverHello');
    talk.sayPlain(talk.server.certificate([]));
  },
  code: 'KS-T120',
  alert: 'decode_error',
});
flight.refuses({
  name: 'with seventeen certificates is refused',
  script: (talk) => {
    upTo(talk, 'serverHello');
    talk.sayPlain(talk.server.certificate(Array.from({ length: 17 }, () => randomBytes(9))));
  },
  code: 'KS-T117',
  alert: 'illegal_parameter',
});
flight.refuses({
  name: 'with a CertificateStatus that nobody promised is refused',
  script: (talk) => {
    upTo(talk, 'certificate');
    talk.sayPlain(talk.server.certificateStatus(randomBytes(10)));
  },
  code: 'KS-T110',
  alert: 'unexpected_message',
});
flight.refuses({
  name: 'with a second CertificateStatus is refused',
  policy: { requestOcsp: true },
  script: (talk) => {
    talk.sayPlain(talk.server.serverHello({ more: [acknowledgement('status_request')] }));
    talk.sayPlain(talk.server.certificate());
    talk.sayPlain(talk.server.certificateStatus(randomBytes(10)));
    talk.sayPlain(talk.server.certificateStatus(randomBytes(10)));
  },
  code: 'KS-T110',
  alert: 'unexpected_message',
});
flight.refuses({
  name: 'with bytes behind ServerHelloDone in its record is refused',
  script: (talk) => {
    upTo(talk, 'serverKeyExchange');
    talk.sayPlain(concatBytes(talk.server.serverHelloDone(), Uint8Array.of(20)));
  },
  code: 'KS-T110',
  alert: 'unexpected_message',
});
flight.refuses({
  name: 'with a ServerHelloDone that is not empty is refused',
  script: (talk) => {
    upTo(talk, 'serverKeyExchange');
    talk.sayPlain(Uint8Array.of(14, 0, 0, 1, 0));
  },
  code: 'KS-T111',
  alert: 'decode_error',
});
flight.refuses({
  name: 'that asks for no certificate is refused when the policy requires authentication',
  policy: { clientAuthentication: 'required' },
  script: (talk) => {
    upTo(talk, 'serverKeyExchange');
    talk.sayPlain(talk.server.serverHelloDone());
  },
  code: 'KS-T123',
  alert: 'handshake_failure',
});
flight.refuses({
  name: 'with a record of another version is refused',
  script: (talk) => {
    upTo(talk, 'serverHello');
    talk.say(talk.server.plain('handshake', talk.server.certificate(), 1));
  },
  code: 'KS-T112',
  alert: 'illegal_parameter',
});

const exchangeLies: readonly (readonly [string, () => KeyExchangeLies, ErrorCode, Alert])[] = [
  ['signed by another key', () => ({ signature: party().sign(new Uint8Array(10)) }), 'KS-T108', 'decrypt_error'],
  ["over another client's random", () => ({ clientRandom: randomBytes(32) }), 'KS-T108', 'decrypt_error'],
  ["over another server's random", () => ({ serverRandom: randomBytes(32) }), 'KS-T108', 'decrypt_error'],
  ['signed with noise', () => ({ signature: randomBytes(70) }), 'KS-T108', 'decrypt_error'],
  [
    "of a scheme that is not the key's",
    () => ({ scheme: signatureSchemeCodes.ecdsa_secp384r1_sha384 }),
    'KS-T107',
    'illegal_parameter',
  ],
  ['of ECDSA with SHA-1', () => ({ scheme: 0x0203 }), 'KS-T107', 'illegal_parameter'],
  ['of RSA', () => ({ scheme: 0x0401 }), 'KS-T107', 'illegal_parameter'],
  ['over a group that was not offered', () => ({ group: groupCodes['P-384'] }), 'KS-T112', 'illegal_parameter'],
  ['over the hybrid group', () => ({ group: groupCodes.X25519MLKEM768 }), 'KS-T112', 'illegal_parameter'],
];
for (const [name, lies, code, alert] of exchangeLies) {
  flight.refuses({
    name: `with a key exchange ${name} is refused`,
    policy: { groups: ['X25519MLKEM768', 'X25519', 'P-256'] },
    script: (talk) => {
      upTo(talk, 'certificate');
      talk.sayPlain(talk.server.serverKeyExchange(lies()));
    },
    code,
    alert,
  });
}
for (const [name, lies] of [
  ['of low order', { share: new Uint8Array(32) }],
  ['that is too short', { share: new Uint8Array(31) }],
  ['off the curve', { group: groupCodes['P-256'], share: new Uint8Array(65).fill(4) }],
  ['compressed', { group: groupCodes['P-256'], share: new Uint8Array(33).fill(2) }],
] as const) {
  flight.refuses({
    name: `with a share ${name}, well signed, is refused before anything is derived from it`,
    script: (talk) => {
      upTo(talk, 'certificate');
      talk.sayPlain(talk.server.serverKeyExchange(lies));
      talk.sayPlain(talk.server.serverHelloDone());
    },
    code: 'KS-T112',
    alert: 'illegal_parameter',
  });
}

for (const [before, name] of [
  ['serverHello', 'certificate'],
  ['certificate', 'serverKeyExchange'],
  ['serverKeyExchange', 'certificateRequest'],
] as const) {
  for (const [how, change] of misfits) {
    flight.refuses({
      name: `with ${name} ${how} is refused`,
      script: (talk) => {
        upTo(talk, before);
        talk.sayPlain(change(talk.server[name]()));
      },
      code: 'KS-T111',
      alert: 'decode_error',
    });
  }
}
flight.accepts({
  name: 'in records of one byte is in order',
  script: (talk) => {
    const { server } = talk;
    const first = [server.serverHello(), server.certificate(), server.serverKeyExchange(), server.serverHelloDone()];
    for (const byte of concatBytes(...first)) talk.sayPlain(Uint8Array.of(byte));
    server.useKeys();
    talk.say(server.changeCipherSpec());
    talk.say(server.seal('handshake', server.finished(), 1));
  },
});

export const tls12Flight: readonly ScriptedCase[] = [...certificate.cases, ...flight.cases];
