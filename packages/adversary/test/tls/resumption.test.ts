import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concatBytes } from '@keystile/bytes';
import { type Resumption, TicketStore, type VerifiedServerPath } from '@keystile/tls';
import { type alertCodes, cipherSuiteCodes, groupCodes, type NewSessionTicket, type Psk } from '@keystile/tls/codec';
import { extension, type TicketContent } from '../../src/index.ts';
import { party, Talk, type TalkOptions } from './talk.ts';

const honest = party();
const dayMs = 86_400_000;

/** A client with a store and a clock, and what its servers remember. */
class Fleet {
  readonly tickets = new TicketStore();
  nowMs = 1_800_000_000_000;

  talk({ options, ...more }: TalkOptions = {}): Talk {
    return new Talk(honest, { options: { resumption: this.resumption, verifier, ...options }, ...more });
  }

  get resumption(): Resumption {
    return { tickets: this.tickets, scope: new Uint8Array(32), nowMs: () => this.nowMs };
  }

  /** A full handshake whose server then sends these tickets; their keys as the server knows them. */
  issue(...tickets: TicketContent[]): readonly Psk[] {
    const talk = this.talk();
    talk.say(talk.server.honestFlight());
    return sendTickets(talk, ...tickets);
  }
}

const verifier = {
  verify: ({ chain }: { readonly chain: readonly Uint8Array[] }): VerifiedServerPath => ({
    leafSpki: honest.spki,
    path: chain,
    anchorDigest: new Uint8Array(32),
    notAfterMs: Number.MAX_SAFE_INTEGER,
  }),
};

function sendTickets(talk: Talk, ...tickets: TicketContent[]): readonly Psk[] {
  assert.equal(talk.client.status.phase, 'connected', String(talk.client.failure));
  return talk.server.newSessionTickets(...tickets).map(({ message, psk }) => {
    talk.say(talk.server.seal('handshake', message));
    return psk;
  });
}

function only(psks: readonly Psk[]): Psk {
  const [psk] = psks;
  assert.ok(psk !== undefined && psks.length === 1);
  return psk;
}

const hasOffer = (talk: Talk): boolean => talk.server.hello.extensions.get('pre_shared_key') !== undefined;

describe('an honest server that resumes', () => {
  it('connects, so that every refusal below has its own cause', () => {
    const fleet = new Fleet();
    const psk = only(fleet.issue({}));
    const talk = fleet.talk();
    talk.say(talk.server.honestResumedFlight(psk));
    assert.deepEqual([talk.client.status.phase, talk.client.status.resumed], ['connected', true]);
    talk.client.write(Uint8Array.of(4, 5));
    talk.server.receive(talk.client.takeOutput());
    assert.deepEqual([...(talk.server.speech.at(-1)?.bytes ?? [])], [4, 5]);
    assert.deepEqual(
      talk.server.speech.map(({ kind, name }) => name || kind),
      ['ClientHello', 'change-cipher-spec', 'Finished', 'application-data'],
    );
  });

  it('may choose another suite of the same hash', () => {
    const fleet = new Fleet();
    const psk = only(fleet.issue({}));
    const talk = fleet.talk({ suite: 'TLS_AES_128_CCM_SHA256' });
    talk.say(talk.server.honestResumedFlight(psk));
    assert.equal(talk.client.status.cipherSuite, 'TLS_AES_128_CCM_SHA256');
  });

  it('gives tickets for the next connection, which do not put off the day after the last signature', () => {
    const fleet = new Fleet();
    let psk = only(fleet.issue({ lifetimeSeconds: 604_800 }));
    for (let hours = 0; hours < 23; hours++) {
      fleet.nowMs += dayMs / 24;
      const talk = fleet.talk();
      talk.say(talk.server.honestResumedFlight(psk));
      assert.equal(talk.client.status.resumed, true);
      psk = only(sendTickets(talk, { lifetimeSeconds: 604_800 }));
    }
    fleet.nowMs += dayMs / 24 - 1;
    const last = fleet.talk();
    assert.ok(hasOffer(last));
    last.say(last.server.honestResumedFlight(psk));
    sendTickets(last, {});
    assert.equal(fleet.tickets.size, 1);
    fleet.nowMs += 1;
    assert.ok(!hasOffer(fleet.talk()));
  });
});

interface Lie {
  readonly name: string;
  readonly script: (talk: Talk, psk: Psk) => void;
  readonly code: string;
  readonly alert: keyof typeof alertCodes;
  readonly encrypted?: boolean;
}

const illegal = { code: 'KS-T112', alert: 'illegal_parameter', encrypted: false } as const;
const unexpected = { code: 'KS-T110', alert: 'unexpected_message' } as const;

function resumedHello(talk: Talk, psk: Psk): void {
  talk.say(talk.server.plain('handshake', talk.server.serverHello({ psk })));
  talk.server.useHandshakeKeys();
}

const lies: readonly Lie[] = [
  {
    ...illegal,
    name: 'selects a ticket that was not offered',
    script: (talk, psk) =>
      talk.say(talk.server.plain('handshake', talk.server.serverHello({ psk, selectedIdentity: 1 }))),
  },
  {
    ...illegal,
    name: "selects a suite whose hash is not the ticket's",
    script: (talk, psk) => {
      const lie = { psk, cipherSuite: cipherSuiteCodes.TLS_AES_256_GCM_SHA384 };
      talk.say(talk.server.plain('handshake', talk.server.serverHello(lie)));
    },
  },
  {
    ...illegal,
    name: 'resumes without a key share',
    script: (talk, psk) => talk.say(talk.server.plain('handshake', talk.server.serverHello({ psk, keyShare: null }))),
  },
  {
    ...illegal,
    name: 'selects in the HelloRetryRequest',
    script: ({ server, say }) => {
      const more = [extension('pre_shared_key', Uint8Array.of(0, 0))];
      say.call(undefined, server.plain('handshake', server.helloRetryRequest({ group: groupCodes['P-256'], more })));
    },
  },
  {
    name: 'selects with a malformed extension',
    code: 'KS-T111',
    alert: 'decode_error',
    encrypted: false,
    script: (talk) => {
      const more = [extension('pre_shared_key', Uint8Array.of(0))];
      talk.say(talk.server.plain('handshake', talk.server.serverHello({ more })));
    },
  },
  {
    ...unexpected,
    name: 'resumes and shows a certificate all the same',
    script: (talk, psk) => {
      resumedHello(talk, psk);
      talk.say(talk.server.seal('handshake', talk.server.encryptedExtensions()));
      talk.say(talk.server.seal('handshake', talk.server.certificate()));
    },
  },
  {
    ...unexpected,
    name: "resumes and asks for the client's certificate",
    script: (talk, psk) => {
      resumedHello(talk, psk);
      talk.say(talk.server.seal('handshake', talk.server.encryptedExtensions()));
      talk.say(talk.server.seal('handshake', talk.server.certificateRequest()));
    },
  },
  {
    ...unexpected,
    name: 'resumes and sends data before its Finished',
    script: (talk, psk) => {
      resumedHello(talk, psk);
      talk.say(talk.server.seal('handshake', talk.server.encryptedExtensions()));
      talk.say(talk.server.seal('application_data', Uint8Array.of(1)));
    },
  },
  {
    ...unexpected,
    name: 'does not resume and leaves the certificate out as if it did',
    script: (talk) => {
      talk.hello();
      talk.say(talk.server.seal('handshake', talk.server.encryptedExtensions()));
      talk.say(talk.server.seal('handshake', talk.server.finished()));
    },
  },
  {
    name: 'resumes with a wrong Finished',
    code: 'KS-T109',
    alert: 'decrypt_error',
    script: (talk, psk) => {
      resumedHello(talk, psk);
      talk.say(talk.server.seal('handshake', talk.server.encryptedExtensions()));
      talk.say(talk.server.seal('handshake', talk.server.finished({ verifyData: new Uint8Array(32) })));
    },
  },
  {
    name: 'accepts early data that was never offered',
    code: 'KS-T113',
    alert: 'unsupported_extension',
    script: (talk, psk) => {
      resumedHello(talk, psk);
      const more = [extension('early_data', new Uint8Array(0))];
      talk.say(talk.server.seal('handshake', talk.server.encryptedExtensions(more)));
    },
  },
];

describe('a server', () => {
  for (const { name, script, code, alert, encrypted = true } of lies) {
    it(`that ${name} is refused`, () => {
      const fleet = new Fleet();
      const psk = only(fleet.issue({}));
      const talk = fleet.talk();
      script(Object.assign(talk, { say: talk.say.bind(talk) }), psk);
      assert.equal(talk.client.failure?.code, code, String(talk.client.failure));
      assert.deepEqual(talk.server.alerts, [{ name: alert, isProtected: encrypted }]);
      assert.equal(talk.client.status.resumed, false);
      assert.equal(talk.client.status.serverPath, undefined);
    });
  }

  it('that resumes with a key it does not have cannot say a word', () => {
    const fleet = new Fleet();
    fleet.issue({});
    const stranger = only(new Fleet().issue({}));
    const talk = fleet.talk();
    talk.client.receive(talk.server.honestResumedFlight(stranger));
    assert.equal(talk.client.failure?.code, 'KS-T115');
  });

  it('that resumes though nothing was offered is refused', () => {
    const psk = only(new Fleet().issue({}));
    const talk = new Fleet().talk();
    talk.say(talk.server.plain('handshake', talk.server.serverHello({ psk })));
    assert.equal(talk.client.failure?.code, 'KS-T113');
  });

  it('that resumes after a HelloRetryRequest by which the offer was withdrawn is refused', () => {
    const fleet = new Fleet();
    const psk = only(fleet.issue({}));
    const talk = fleet.talk({ suite: 'TLS_AES_256_GCM_SHA384' });
    const { server } = talk;
    assert.ok(hasOffer(talk));
    talk.say(server.plain('handshake', server.helloRetryRequest({ group: groupCodes['P-256'] })));
    assert.ok(!hasOffer(talk));
    const more = [extension('pre_shared_key', Uint8Array.of(0, 0))];
    talk.say(server.plain('handshake', server.serverHello({ more })));
    assert.equal(talk.client.failure?.code, 'KS-T113');
    psk.destroy();
  });

  it('never connects when a byte of the flight with which it resumes was changed', () => {
    const flightLength = ((): number => {
      const fleet = new Fleet();
      const psk = only(fleet.issue({}));
      return fleet.talk().server.honestResumedFlight(psk).length;
    })();
    for (let at = 0; at < flightLength; at += process.env.KEYSTILE_TEST_FULL === '1' ? 1 : 5) {
      // RFC 8446 §5.1: the minor version of a plaintext record is ignored.
      if (at === 2) continue;
      const fleet = new Fleet();
      const psk = only(fleet.issue({}));
      const talk = fleet.talk();
      const flight = talk.server.honestResumedFlight(psk);
      flight[at] = (flight[at] ?? 0) ^ 0x01;
      talk.client.receive(flight);
      assert.notEqual(talk.client.status.phase, 'connected', `byte ${at} of ${flightLength}`);
    }
  });
});

describe('a ticket', () => {
  const kept: readonly (readonly [string, Partial<NewSessionTicket>, number])[] = [
    ['with a life of nothing is not kept', { lifetimeSeconds: 0 }, 0],
    ['longer than 4 KiB is not kept', { ticket: new Uint8Array(4097) }, 0],
    ['of 4 KiB is kept', { ticket: new Uint8Array(4096) }, 1],
    ['without a nonce is kept', { nonce: new Uint8Array(0) }, 1],
    ['with the longest life that can be written is kept, for a day', { lifetimeSeconds: 0xffff_ffff }, 1],
  ];
  for (const [name, facts, count] of kept) {
    it(name, () => {
      const fleet = new Fleet();
      fleet.issue(facts);
      assert.equal(fleet.tickets.size, count);
      fleet.nowMs += dayMs;
      assert.ok(!hasOffer(fleet.talk()));
    });
  }

  it('that permits early data is used without any', () => {
    const fleet = new Fleet();
    const psk = only(fleet.issue({ extensions: [extension('early_data', Uint8Array.of(0, 0, 0x40, 0))] }));
    const talk = fleet.talk();
    assert.equal(talk.server.hello.extensions.get('early_data'), undefined);
    talk.say(talk.server.honestResumedFlight(psk));
    assert.equal(talk.client.status.resumed, true);
    assert.ok(talk.server.speech.every(({ kind }) => kind !== 'application-data'));
  });

  it('with an extension that nobody knows is kept', () => {
    const fleet = new Fleet();
    fleet.issue({ extensions: [{ code: 0x4a4a, data: Uint8Array.of(1) }] });
    assert.equal(fleet.tickets.size, 1);
  });

  it('among many of one connection is forgotten, the newest excepted; a flood of them is refused', () => {
    const fleet = new Fleet();
    const talk = fleet.talk();
    talk.say(talk.server.honestFlight());
    const tickets = talk.server.newSessionTickets(...Array.from({ length: 60 }, () => ({})));
    for (const { message } of tickets) talk.client.receive(talk.server.seal('handshake', message));
    assert.equal(talk.client.failure?.code, 'KS-T118');
    assert.equal(fleet.tickets.size, 2);
    const newest = fleet.talk();
    newest.say(newest.server.honestResumedFlight(tickets[31]?.psk ?? assert.fail()));
    assert.equal(newest.client.status.resumed, true);
  });

  const malformed: readonly (readonly [string, Uint8Array, string])[] = [
    ['that is empty', new Uint8Array(0), 'KS-T111'],
    ['without the ticket itself', Uint8Array.of(0, 0, 14, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0), 'KS-T111'],
    ['with bytes after it', Uint8Array.of(0, 0, 14, 16, 0, 0, 0, 1, 0, 0, 1, 7, 0, 0, 9), 'KS-T111'],
    [
      'with an extension twice',
      Uint8Array.of(0, 0, 14, 16, 0, 0, 0, 1, 0, 0, 1, 7, 0, 8, 0x4a, 0x4a, 0, 0, 0x4a, 0x4a, 0, 0),
      'KS-T112',
    ],
    [
      'with an extension of another message',
      Uint8Array.of(0, 0, 14, 16, 0, 0, 0, 1, 0, 0, 1, 7, 0, 4, 0, 0, 0, 0),
      'KS-T112',
    ],
  ];
  for (const [name, body, code] of malformed) {
    it(`${name} ends the connection, kept or not`, () => {
      for (const talk of [new Fleet().talk(), new Talk(honest)]) {
        talk.say(talk.server.honestFlight());
        talk.say(talk.server.seal('handshake', concatBytes(Uint8Array.of(4, 0, 0, body.length), body)));
        assert.equal(talk.client.failure?.code, code);
      }
    });
  }
});
