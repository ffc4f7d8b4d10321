import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { concatBytes, toHex } from '@keystile/bytes';
import { type Resumption, TicketStore, type VerifiedServerPath } from '@keystile/tls';
import { type alertCodes, cipherSuiteCodes, type ResumableMaster } from '@keystile/tls/codec';
import { acknowledgement } from '../../src/index.ts';
import { party } from './talk.ts';
import { Tls12Talk } from './tls12-talk.ts';

const honest = party();
const dayMs = 86_400_000;
const suites = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
] as const;

const verifier = {
  verify: ({ chain }: { readonly chain: readonly Uint8Array[] }): VerifiedServerPath => ({
    leafSpki: honest.spki,
    path: chain,
    anchorDigest: new Uint8Array(32),
    notAfterMs: Number.MAX_SAFE_INTEGER,
  }),
};

/** A client with a store and a clock, whose server remembers sessions by their tickets. */
class Fleet {
  readonly tickets = new TicketStore();
  nowMs = 1_800_000_000_000;

  talk(): Tls12Talk {
    return new Tls12Talk(honest, { policy: { suites }, options: { resumption: this.resumption, verifier } });
  }

  get resumption(): Resumption {
    return { tickets: this.tickets, scope: new Uint8Array(32), nowMs: () => this.nowMs };
  }

  /** A full handshake that ends with this ticket; the session as the server remembers it. */
  issue(ticket: Uint8Array, lifetimeSeconds = 3600): ResumableMaster {
    const talk = this.talk();
    talk.say(talk.server.honestFlight({ announceTicket: true }));
    talk.sayPlain(talk.server.newSessionTicket(ticket, lifetimeSeconds));
    talk.say(talk.server.honestEnd());
    assert.equal(talk.client.status.phase, 'connected', String(talk.client.failure));
    return talk.server.session();
  }
}

const offered = (talk: Tls12Talk): string =>
  toHex(talk.server.hello.extensions.get('session_ticket') ?? Uint8Array.of(0));

describe('a TLS 1.2 server that resumes', () => {
  it('connects, so that every refusal below has its own cause', () => {
    const fleet = new Fleet();
    const ticket = randomBytes(100);
    const session = fleet.issue(ticket);
    const talk = fleet.talk();
    assert.equal(offered(talk), toHex(ticket));
    talk.say(talk.server.honestResumedFlight(session));
    assert.deepEqual([talk.client.status.phase, talk.client.status.resumed], ['connected', true]);
    talk.say(talk.server.seal('application_data', Uint8Array.of(1, 2)));
    assert.deepEqual([...talk.client.readApplicationData(9)], [1, 2]);
    assert.deepEqual(
      talk.server.speech.map(({ kind, name }) => name || kind),
      ['ClientHello', 'change-cipher-spec', 'Finished'],
    );
    assert.equal(fleet.tickets.size, 0);
    assert.equal(offered(fleet.talk()), '');
  });

  it('may do a full handshake instead', () => {
    const fleet = new Fleet();
    fleet.issue(randomBytes(100));
    const talk = fleet.talk();
    talk.connect();
    assert.deepEqual([talk.client.status.phase, talk.client.status.resumed], ['connected', false]);
  });

  it('may announce a ticket and send an empty one', () => {
    const fleet = new Fleet();
    fleet.issue(new Uint8Array(0));
    assert.equal(fleet.tickets.size, 0);
  });

  it('has a ticket kept for a day when it does not say for how long', () => {
    const fleet = new Fleet();
    fleet.issue(randomBytes(10), 0);
    fleet.nowMs += dayMs - 1;
    assert.equal(fleet.tickets.size, 1);
    assert.notEqual(offered(fleet.talk()), '');
    fleet.issue(randomBytes(10), 0);
    fleet.nowMs += dayMs;
    assert.equal(offered(fleet.talk()), '');
  });

  it('gives tickets for the next connection, which do not put off the day after the last signature', () => {
    const fleet = new Fleet();
    const beginMs = fleet.nowMs;
    let session = fleet.issue(randomBytes(10));
    for (let half = 1; half < 48; half++) {
      fleet.nowMs = beginMs + half * (dayMs / 48);
      const talk = fleet.talk();
      talk.say(talk.server.honestResumedFlight(session, { ticket: randomBytes(10) }));
      assert.equal(talk.client.status.resumed, true, String(talk.client.failure));
      session = talk.server.session();
    }
    fleet.nowMs = beginMs + dayMs;
    assert.equal(offered(fleet.talk()), '');
  });

  it('does not have a ticket kept that is longer than a part has room for', () => {
    const fleet = new Fleet();
    fleet.issue(randomBytes(4097));
    assert.equal(fleet.tickets.size, 0);
    fleet.issue(randomBytes(4096));
    assert.equal(fleet.tickets.size, 1);
  });
});

interface Lie {
  readonly name: string;
  readonly script: (talk: Tls12Talk, session: ResumableMaster) => void;
  readonly code: string;
  readonly alert: keyof typeof alertCodes;
}

const unexpected = { code: 'KS-T110', alert: 'unexpected_message' } as const;

/** The ServerHello of a resumption, with whatever it says wrongly. */
function resumedHello({ server }: Tls12Talk, lies: Parameters<Tls12Talk['server']['serverHello']>[0] = {}): Uint8Array {
  return server.serverHello({ sessionId: server.hello.sessionId, ...lies });
}

const lies: readonly Lie[] = [
  {
    name: 'without extended master secret',
    script: (talk) => talk.sayPlain(resumedHello(talk, { without: ['extended_master_secret'] })),
    code: 'KS-T160',
    alert: 'handshake_failure',
  },
  {
    name: 'with another suite than the session had',
    script: (talk) =>
      talk.sayPlain(resumedHello(talk, { cipherSuite: cipherSuiteCodes.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 })),
    code: 'KS-T112',
    alert: 'illegal_parameter',
  },
  {
    name: 'and shows a certificate too',
    script: (talk) => talk.sayPlain(concatBytes(resumedHello(talk), talk.server.certificate())),
    ...unexpected,
  },
  {
    name: 'and goes straight to Finished',
    script: (talk, session) => {
      talk.sayPlain(resumedHello(talk));
      talk.server.resume(session);
      talk.sayPlain(talk.server.finished());
    },
    ...unexpected,
  },
  {
    name: 'and leaves out the ticket it announced',
    script: (talk) => {
      talk.sayPlain(resumedHello(talk, { more: [acknowledgement('session_ticket')] }));
      talk.say(talk.server.changeCipherSpec());
    },
    ...unexpected,
  },
  {
    name: 'and sends two tickets',
    script: (talk) => {
      talk.sayPlain(resumedHello(talk, { more: [acknowledgement('session_ticket')] }));
      talk.sayPlain(talk.server.newSessionTicket(randomBytes(9)));
      talk.sayPlain(talk.server.newSessionTicket(randomBytes(9)));
    },
    ...unexpected,
  },
  {
    name: 'and sends a ticket that it did not announce',
    script: (talk) => talk.sayPlain(concatBytes(resumedHello(talk), talk.server.newSessionTicket(randomBytes(9)))),
    ...unexpected,
  },
  {
    name: 'without the master secret of the session',
    script: (talk) => {
      const stranger = new Fleet().issue(randomBytes(9));
      talk.client.receive(talk.server.honestResumedFlight(stranger));
      talk.server.receive(talk.client.takeOutput());
    },
    code: 'KS-T115',
    alert: 'bad_record_mac',
  },
  {
    name: 'with a wrong Finished',
    script: (talk, session) => {
      talk.sayPlain(resumedHello(talk));
      talk.server.resume(session);
      talk.server.useKeys();
      talk.say(talk.server.changeCipherSpec());
      talk.say(talk.server.seal('handshake', talk.server.finished({ verifyData: randomBytes(12) })));
    },
    code: 'KS-T109',
    alert: 'decrypt_error',
  },
  {
    name: 'with application data before its Finished',
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

describe('a TLS 1.2 server is refused that resumes', () => {
  for (const { name, script, code, alert } of lies) {
    it(name, () => {
      const fleet = new Fleet();
      const session = fleet.issue(randomBytes(50));
      const talk = fleet.talk();
      script(talk, session);
      assert.equal(talk.client.failure?.code, code, String(talk.client.failure));
      assert.deepEqual(talk.server.alerts, [{ name: alert, isProtected: false }]);
      assert.equal(talk.client.status.serverPath, undefined);
      talk.client.receive(randomBytes(100));
      assert.equal(talk.client.outputBytes, 0);
    });
  }
});
