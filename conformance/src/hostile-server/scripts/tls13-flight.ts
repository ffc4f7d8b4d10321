import { randomBytes } from 'node:crypto';
import { extension, party, Talk } from '@keystile/adversary';
import { fromHex } from '@keystile/bytes';
import type { ErrorCode } from '@keystile/errors';
import type { Alert } from '@keystile/tls';
import {
  type Extension,
  encodeCodeList,
  encodeProtocols,
  encodeRecordSizeLimit,
  signatureSchemeCodes,
} from '@keystile/tls/codec';
import { honest, type ScriptedCase, tls13Group } from '../script.ts';
import { misfits } from '../steps.ts';

const flight = tls13Group('the encrypted flight');
/** Without a CertificateRequest, which may be left out. */
const messages = ['encryptedExtensions', 'certificate', 'certificateVerify', 'finished'] as const;

for (const [at, skipped] of messages.entries()) {
  if (skipped === 'finished') continue;
  flight.refuses({
    name: `without ${skipped} is refused at the message after it`,
    script: (talk) => {
      talk.hello();
      for (const [index, name] of messages.entries()) {
        if (index !== at) talk.saySealed(talk.server[name]());
      }
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
}

for (const [at, doubled] of messages.entries()) {
  if (doubled === 'finished') continue;
  flight.refuses({
    name: `with ${doubled} twice is refused`,
    script: (talk) => {
      talk.hello();
      for (const name of messages.slice(0, at + 1)) talk.saySealed(talk.server[name]());
      talk.saySealed(talk.server[doubled]());
    },
    code: 'KS-T110',
    alert: 'unexpected_message',
  });
}

function upTo(talk: Talk, last: (typeof messages)[number] | undefined): void {
  talk.hello();
  const count = last === undefined ? 0 : messages.indexOf(last) + 1;
  for (const name of messages.slice(0, count)) talk.saySealed(talk.server[name]());
}

const extensionLies = [
  [
    'that were not offered',
    extension('record_size_limit', encodeRecordSizeLimit(512)),
    'KS-T113',
    'unsupported_extension',
  ],
  ['of another message', extension('key_share', Uint8Array.of(0, 29)), 'KS-T112', 'illegal_parameter'],
  ['that accept early data', extension('early_data', new Uint8Array(0)), 'KS-T113', 'unsupported_extension'],
  ['that nobody knows', { code: 0x4a4a, data: Uint8Array.of(1) }, 'KS-T113', 'unsupported_extension'],
  ['with a name that is not empty', extension('server_name', Uint8Array.of(1)), 'KS-T111', 'decode_error'],
] as const;
for (const [name, lie, code, alert] of extensionLies) {
  flight.refuses({
    name: `extensions ${name} are refused`,
    script: (talk) => {
      upTo(talk, undefined);
      talk.saySealed(talk.server.encryptedExtensions([lie]));
    },
    code,
    alert,
  });
}

for (const [name, protocols, code, alert] of [
  ['one that was not offered', ['h2'], 'KS-T112', 'illegal_parameter'],
  ['two', ['mqtt', 'mqtt'], 'KS-T111', 'decode_error'],
] as const) {
  flight.refuses({
    name: `ALPN with ${name} is refused`,
    policy: { alpn: ['mqtt'] },
    script: (talk) => {
      upTo(talk, undefined);
      const lie = extension('application_layer_protocol_negotiation', encodeProtocols(protocols));
      talk.saySealed(talk.server.encryptedExtensions([lie]));
    },
    code,
    alert,
  });
}

flight.refuses({
  name: 'a record beyond the limit that was agreed is refused',
  policy: { recordSizeLimit: 600 },
  script: (talk) => {
    upTo(talk, undefined);
    const granted = extension('record_size_limit', encodeRecordSizeLimit(16_385));
    talk.saySealed(talk.server.encryptedExtensions([granted]));
    talk.saySealed(talk.server.certificate([randomBytes(900)]));
  },
  code: 'KS-T116',
  alert: 'record_overflow',
});

flight.refuses({
  name: 'an empty certificate list is refused',
  script: (talk) => {
    upTo(talk, 'encryptedExtensions');
    talk.saySealed(talk.server.certificate([]));
  },
  code: 'KS-T120',
  alert: 'decode_error',
});
flight.refuses({
  name: 'seventeen certificates are refused',
  script: (talk) => {
    upTo(talk, 'encryptedExtensions');
    talk.saySealed(talk.server.certificate(Array.from({ length: 17 }, () => randomBytes(9))));
  },
  code: 'KS-T117',
  alert: 'illegal_parameter',
});
flight.refuses({
  name: 'more than 64 KiB of handshake is refused before it is all there',
  script: (talk) => {
    upTo(talk, 'encryptedExtensions');
    const huge = talk.server.certificate([new Uint8Array(70_000)]);
    talk.saySealed(huge.subarray(0, 100));
  },
  code: 'KS-T117',
  alert: 'illegal_parameter',
});
flight.refuses({
  name: 'a stapled OCSP answer that was not asked for is refused',
  script: (talk) => {
    upTo(talk, 'encryptedExtensions');
    const staple = extension('status_request', Uint8Array.of(1, 0, 0, 1, 0));
    talk.saySealed(talk.server.certificate(honest.chain, [staple]));
  },
  code: 'KS-T113',
  alert: 'unsupported_extension',
});
flight.refuses({
  name: 'a CertificateRequest without signature_algorithms is refused',
  script: (talk) => {
    upTo(talk, 'encryptedExtensions');
    talk.saySealed(talk.server.certificateRequest(new Uint8Array(0), []));
  },
  code: 'KS-T114',
  alert: 'missing_extension',
});

for (const [name, lie, code, alert] of [
  ['by another key', () => ({ signature: party().sign(new Uint8Array(10)) }), 'KS-T108', 'decrypt_error'],
  ['over another handshake', () => ({ transcriptHash: randomBytes(32) }), 'KS-T108', 'decrypt_error'],
  ['that is noise', () => ({ signature: randomBytes(70) }), 'KS-T108', 'decrypt_error'],
  [
    "of a scheme that is not the key's",
    () => ({ scheme: signatureSchemeCodes.ecdsa_secp384r1_sha384 }),
    'KS-T107',
    'illegal_parameter',
  ],
  ['of a scheme that was not offered', () => ({ scheme: 0x0804 }), 'KS-T107', 'illegal_parameter'],
] as const) {
  flight.refuses({
    name: `a signature ${name} is refused`,
    script: (talk) => {
      upTo(talk, 'certificate');
      talk.saySealed(talk.server.certificateVerify(lie()));
    },
    code,
    alert,
  });
}

for (const [name, verifyData] of [
  ['wrong', randomBytes(32)],
  ['short', randomBytes(31)],
  ['empty', new Uint8Array(0)],
] as const) {
  flight.refuses({
    name: `a Finished that is ${name} is refused`,
    script: (talk) => {
      upTo(talk, 'certificateVerify');
      talk.saySealed(talk.server.finished({ verifyData }));
    },
    code: 'KS-T109',
    alert: 'decrypt_error',
  });
}

flight.refuses({
  name: 'a swapped transcript (an extension that the client never saw) is refused',
  script: (talk) => {
    talk.hello();
    talk.server.encryptedExtensions();
    const other = new Talk(honest);
    other.hello();
    talk.saySealed(other.server.encryptedExtensions([extension('server_name', new Uint8Array(0))]));
    talk.saySealed(talk.server.certificate());
    talk.saySealed(talk.server.certificateVerify());
  },
  code: 'KS-T108',
  alert: 'decrypt_error',
});

flight.refuses({
  name: 'application data before Finished is refused',
  script: (talk) => {
    upTo(talk, 'certificateVerify');
    talk.say(talk.server.seal('application_data', Uint8Array.of(1)));
  },
  code: 'KS-T110',
  alert: 'unexpected_message',
});
flight.refuses({
  name: 'a truncated message, padded out by the next, is refused',
  script: (talk) => {
    upTo(talk, undefined);
    talk.saySealed(Uint8Array.of(8, 0, 0, 1, 0));
  },
  code: 'KS-T111',
  alert: 'decode_error',
});
flight.refuses({
  name: 'another record in the middle of a message is refused',
  script: (talk) => {
    upTo(talk, undefined);
    talk.saySealed(talk.server.encryptedExtensions().subarray(0, 3));
    talk.say(talk.server.plain('change_cipher_spec', Uint8Array.of(1)));
  },
  code: 'KS-T110',
  alert: 'unexpected_message',
});

for (const [at, name] of messages.slice(0, 3).entries()) {
  for (const [how, change] of misfits) {
    flight.refuses({
      name: `${name} ${how} is refused`,
      script: (talk) => {
        upTo(talk, messages[at - 1]);
        talk.saySealed(change(talk.server[name]()));
      },
      code: 'KS-T111',
      alert: 'decode_error',
    });
  }
}

const authorities = tls13Group('CertificateRequest');
const schemes = extension('signature_algorithms', encodeCodeList([signatureSchemeCodes.ecdsa_secp256r1_sha256]));

/** The server's flight up to a CertificateRequest with these extensions. */
function request(talk: Talk, extensions: readonly Extension[], context: Uint8Array = new Uint8Array(0)): void {
  upTo(talk, 'encryptedExtensions');
  talk.saySealed(talk.server.certificateRequest(context, extensions));
}

authorities.refuses({
  name: 'with a context, as after the handshake, is refused',
  script: (talk) => request(talk, [schemes], Uint8Array.of(1)),
  code: 'KS-T112',
  alert: 'illegal_parameter',
});
authorities.refuses({
  name: 'with an empty list of schemes is refused',
  script: (talk) => request(talk, [extension('signature_algorithms', Uint8Array.of(0, 0))]),
  code: 'KS-T111',
  alert: 'decode_error',
});
authorities.accepts({
  name: 'that names authorities is in order: they choose among several certificates, and there is one',
  script: (talk) => {
    request(talk, [schemes, extension('certificate_authorities', fromHex('0007' + '0001ff' + '00023000'))]);
    for (const name of messages.slice(1)) talk.saySealed(talk.server[name]());
  },
});
for (const [name, data] of [
  ['no names', '0000'],
  ['an empty name', '0002' + '0000'],
  ['half a name', '0003' + '0002' + 'ff'],
  ['bytes after the names', '0003' + '0001' + 'ff' + '00'],
] as const) {
  authorities.refuses({
    name: `with certificate_authorities of ${name} is refused`,
    script: (talk) => request(talk, [schemes, extension('certificate_authorities', fromHex(data))]),
    code: 'KS-T111',
    alert: 'decode_error',
  });
}

const sizes = tls13Group('a server');
const sizeLimit = (limit: number): Extension => extension('record_size_limit', encodeRecordSizeLimit(limit));
const fragmentLength = (code: number): Extension => extension('max_fragment_length', Uint8Array.of(code));
const lies: readonly (readonly [string, Extension[], ErrorCode, Alert])[] = [
  ['that answers both size extensions', [sizeLimit(512), fragmentLength(1)], 'KS-T112', 'illegal_parameter'],
  ['that asks for records of 63 bytes', [sizeLimit(63)], 'KS-T112', 'illegal_parameter'],
  ['that grants another fragment length', [fragmentLength(2)], 'KS-T112', 'illegal_parameter'],
  ['that grants a fragment length of no code', [fragmentLength(9)], 'KS-T112', 'illegal_parameter'],
  ['whose size limit is cut short', [extension('record_size_limit', Uint8Array.of(2))], 'KS-T111', 'decode_error'],
  ['whose fragment length is empty', [extension('max_fragment_length', new Uint8Array(0))], 'KS-T111', 'decode_error'],
];
for (const [name, answers, code, alert] of lies) {
  sizes.refuses({
    name: `${name} is refused`,
    policy: { recordSizeLimit: 513 },
    script: (talk) => {
      talk.hello();
      talk.saySealed(talk.server.encryptedExtensions(answers));
    },
    code,
    alert,
  });
}

export const tls13Flight: readonly ScriptedCase[] = [...flight.cases, ...authorities.cases, ...sizes.cases];
