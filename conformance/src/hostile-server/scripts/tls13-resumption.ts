import { extension, Fleet, type Talk } from '@keystile/adversary';
import { concatBytes } from '@keystile/bytes';
import type { ErrorCode } from '@keystile/errors';
import type { Alert } from '@keystile/tls';
import { cipherSuiteCodes, groupCodes, type Psk } from '@keystile/tls/codec';
import { honest, resumedRefusal, type ScriptedCase, tls13Group } from '../script.ts';

const illegal = { code: 'KS-T112', alert: 'illegal_parameter', encrypted: false } as const;
const unexpected = { code: 'KS-T110', alert: 'unexpected_message' } as const;

/** A server that takes the ticket, or says that it does. */
const offered: readonly Parameters<typeof resumedRefusal>[0][] = [
  {
    ...illegal,
    name: 'by a ticket that was not offered is refused',
    script: (talk, psk) => talk.sayPlain(talk.server.serverHello({ psk, selectedIdentity: 1 })),
  },
  {
    ...illegal,
    name: "with a suite whose hash is not the ticket's is refused",
    script: (talk, psk) =>
      talk.sayPlain(talk.server.serverHello({ psk, cipherSuite: cipherSuiteCodes.TLS_AES_256_GCM_SHA384 })),
  },
  {
    ...illegal,
    name: 'without a key share is refused',
    script: (talk, psk) => talk.sayPlain(talk.server.serverHello({ psk, keyShare: null })),
  },
  {
    ...illegal,
    name: 'announced in the HelloRetryRequest is refused',
    script: (talk) => {
      const more = [extension('pre_shared_key', Uint8Array.of(0, 0))];
      talk.sayPlain(talk.server.helloRetryRequest({ group: groupCodes['P-256'], more }));
    },
  },
  {
    name: 'by a malformed extension is refused',
    code: 'KS-T111',
    alert: 'decode_error',
    encrypted: false,
    script: (talk) => talk.sayPlain(talk.server.serverHello({ more: [extension('pre_shared_key', Uint8Array.of(0))] })),
  },
  {
    ...unexpected,
    name: 'with a certificate all the same is refused',
    script: (talk, psk) => {
      resumedFlight(talk, psk);
      talk.saySealed(talk.server.certificate());
    },
  },
  {
    ...unexpected,
    name: "that asks for the client's certificate is refused",
    script: (talk, psk) => {
      resumedFlight(talk, psk);
      talk.saySealed(talk.server.certificateRequest());
    },
  },
  {
    ...unexpected,
    name: 'with data before Finished is refused',
    script: (talk, psk) => {
      resumedFlight(talk, psk);
      talk.say(talk.server.seal('application_data', Uint8Array.of(1)));
    },
  },
  {
    ...unexpected,
    name: 'that was not taken is no reason to leave the certificate out',
    script: (talk) => {
      talk.hello();
      talk.saySealed(talk.server.encryptedExtensions());
      talk.saySealed(talk.server.finished());
    },
  },
  {
    ...unexpected,
    name: 'with handshake bytes behind Finished in its record is refused',
    script: (talk, psk) => {
      resumedFlight(talk, psk);
      talk.saySealed(concatBytes(talk.server.finished(), Uint8Array.of(4, 0)));
    },
  },
  ...[new Uint8Array(32), new Uint8Array(31), new Uint8Array(0)].map((verifyData) => ({
    name: `with a wrong Finished of ${verifyData.length} bytes is refused`,
    code: 'KS-T109' as const,
    alert: 'decrypt_error' as const,
    script: (talk: Talk, psk: Psk) => {
      resumedFlight(talk, psk);
      talk.saySealed(talk.server.finished({ verifyData }));
    },
  })),
  {
    name: 'that accepts early data, which was never offered, is refused',
    code: 'KS-T113',
    alert: 'unsupported_extension',
    script: (talk, psk) => {
      talk.sayPlain(talk.server.serverHello({ psk }));
      talk.server.useHandshakeKeys();
      talk.saySealed(talk.server.encryptedExtensions([extension('early_data', new Uint8Array(0))]));
    },
  },
  {
    name: 'with a key that the server does not have opens nothing',
    code: 'KS-T115',
    // It leaves under keys that this server cannot know.
    alert: 'none',
    script: (talk) => {
      const [stranger] = new Fleet(honest).issue({});
      if (stranger === undefined) throw new Error('no ticket was issued');
      talk.client.receive(talk.server.honestResumedFlight(stranger));
      talk.client.takeOutput();
    },
  },
];

/** ServerHello and EncryptedExtensions of a server that resumes. */
function resumedFlight(talk: Talk, psk: Psk): void {
  talk.sayPlain(talk.server.serverHello({ psk }));
  talk.server.useHandshakeKeys();
  talk.saySealed(talk.server.encryptedExtensions());
}

const withoutOffer = tls13Group('resumption that was not offered');
withoutOffer.refuses({
  name: 'is refused',
  script: (talk) =>
    talk.sayPlain(talk.server.serverHello({ more: [extension('pre_shared_key', Uint8Array.of(0, 0))] })),
  code: 'KS-T113',
  alert: 'unsupported_extension',
  encrypted: false,
});

/** NewSessionTicket: lifetime, age_add, nonce, ticket, extensions (RFC 8446 §4.6.1). */
const malformed: readonly (readonly [string, Uint8Array, ErrorCode, Alert])[] = [
  ['that is empty', new Uint8Array(0), 'KS-T111', 'decode_error'],
  ['without the ticket itself', Uint8Array.of(0, 0, 14, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0), 'KS-T111', 'decode_error'],
  ['with bytes after it', Uint8Array.of(0, 0, 14, 16, 0, 0, 0, 1, 0, 0, 1, 7, 0, 0, 9), 'KS-T111', 'decode_error'],
  [
    'with an extension twice',
    Uint8Array.of(0, 0, 14, 16, 0, 0, 0, 1, 0, 0, 1, 7, 0, 8, 0x4a, 0x4a, 0, 0, 0x4a, 0x4a, 0, 0),
    'KS-T112',
    'illegal_parameter',
  ],
  [
    'with an extension of another message',
    Uint8Array.of(0, 0, 14, 16, 0, 0, 0, 1, 0, 0, 1, 7, 0, 4, 0, 0, 0, 0),
    'KS-T112',
    'illegal_parameter',
  ],
];

const tickets = tls13Group('a ticket');
for (const [name, body, code, alert] of malformed) {
  for (const keeps of [true, false]) {
    tickets.refuses({
      name: `${name} is refused, ${keeps ? 'kept' : 'not kept'}`,
      ...(keeps ? { options: { resumption: new Fleet(honest).resumption } } : {}),
      from: 'connected',
      script: (talk) => talk.saySealed(Uint8Array.from([4, 0, 0, body.length, ...body])),
      code,
      alert,
    });
  }
}
tickets.refuses({
  name: 'of more than 16 KiB is refused by its header',
  from: 'connected',
  script: (talk) => talk.saySealed(Uint8Array.of(4, 0, 64, 1)),
  code: 'KS-T117',
  alert: 'illegal_parameter',
});
tickets.accepts({
  name: 'with an extension that nobody knows is in order',
  from: 'connected',
  script: (talk) => {
    const [ticket] = talk.server.newSessionTickets({ extensions: [{ code: 0x4a4a, data: Uint8Array.of(1) }] });
    talk.saySealed(ticket?.message ?? new Uint8Array(0));
  },
});

export const tls13Resumption: readonly ScriptedCase[] = [
  ...offered.map(resumedRefusal),
  ...withoutOffer.cases,
  ...tickets.cases,
];
