import { randomBytes } from 'node:crypto';
import { acknowledgement, Tls12Fleet, type Tls12Talk } from '@keystile/adversary';
import { concatBytes } from '@keystile/bytes';
import { cipherSuiteCodes } from '@keystile/tls/codec';
import { honest, resumedTls12Refusal, type ScriptedCase } from '../script.ts';

const unexpected = { code: 'KS-T110', alert: 'unexpected_message' } as const;

/** Two suites, so that another than the session's can be chosen. */
const policy = {
  suites: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  ],
} as const;

/** The ServerHello of a resumption, with whatever it says wrongly. */
function resumedHello({ server }: Tls12Talk, lies: Parameters<Tls12Talk['server']['serverHello']>[0] = {}): Uint8Array {
  return server.serverHello({ sessionId: server.hello.sessionId, ...lies });
}

const refusals: readonly Parameters<typeof resumedTls12Refusal>[0][] = [
  {
    name: 'without extended master secret is refused',
    policy,
    script: (talk) => talk.sayPlain(resumedHello(talk, { without: ['extended_master_secret'] })),
    code: 'KS-T160',
    alert: 'handshake_failure',
  },
  {
    name: 'with another suite than the session had is refused',
    policy,
    script: (talk) =>
      talk.sayPlain(resumedHello(talk, { cipherSuite: cipherSuiteCodes.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 })),
    code: 'KS-T112',
    alert: 'illegal_parameter',
  },
  {
    name: 'that shows a certificate too is refused',
    policy,
    script: (talk) => talk.sayPlain(concatBytes(resumedHello(talk), talk.server.certificate())),
    ...unexpected,
  },
  {
    name: 'that goes straight to Finished is refused',
    policy,
    script: (talk, session) => {
      talk.sayPlain(resumedHello(talk));
      talk.server.resume(session);
      talk.sayPlain(talk.server.finished());
    },
    ...unexpected,
  },
  {
    name: 'that leaves out the ticket it announced is refused',
    policy,
    script: (talk) => {
      talk.sayPlain(resumedHello(talk, { more: [acknowledgement('session_ticket')] }));
      talk.say(talk.server.changeCipherSpec());
    },
    ...unexpected,
  },
  {
    name: 'that sends two tickets is refused',
    policy,
    script: (talk) => {
      talk.sayPlain(resumedHello(talk, { more: [acknowledgement('session_ticket')] }));
      talk.sayPlain(talk.server.newSessionTicket(randomBytes(9)));
      talk.sayPlain(talk.server.newSessionTicket(randomBytes(9)));
    },
    ...unexpected,
  },
  {
    name: 'that sends a ticket that it did not announce is refused',
    policy,
    script: (talk) => talk.sayPlain(concatBytes(resumedHello(talk), talk.server.newSessionTicket(randomBytes(9)))),
    ...unexpected,
  },
  {
    name: 'without the master secret of the session is refused',
    policy,
    script: (talk) => {
      const stranger = new Tls12Fleet(honest).issue(randomBytes(9), { policy });
      talk.client.receive(talk.server.honestResumedFlight(stranger));
      talk.server.receive(talk.client.takeOutput());
    },
    code: 'KS-T115',
    alert: 'bad_record_mac',
  },
  {
    name: 'with a wrong Finished is refused',
    policy,
    script: (talk, session) => {
      talk.sayPlain(resumedHello(talk));
      talk.server.resume(session);
      talk.server.useKeys();
      talk.say(talk.server.changeCipherSpec());
      talk.saySealed(talk.server.finished({ verifyData: randomBytes(12) }));
    },
    code: 'KS-T109',
    alert: 'decrypt_error',
  },
  {
    name: 'with application data before its Finished is refused',
    policy,
    script: (talk, session) => {
      talk.sayPlain(resumedHello(talk));
      talk.server.resume(session);
      talk.server.useKeys();
      talk.say(talk.server.changeCipherSpec());
      talk.say(talk.server.seal('application_data', Uint8Array.of(1)));
    },
    ...unexpected,
  },
];

export const tls12Resumption: readonly ScriptedCase[] = refusals.map(resumedTls12Refusal);
