import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { groupCodes, type NewSessionTicket, type Psk } from '@keystile/tls/codec';
import { extension, Fleet, party, type Talk, type TicketContent } from '../../src/index.ts';

const honest = party();
const dayMs = 86_400_000;

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
    const fleet = new Fleet(honest);
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
    const fleet = new Fleet(honest);
    const psk = only(fleet.issue({}));
    const talk = fleet.talk({ suite: 'TLS_AES_128_CCM_SHA256' });
    talk.say(talk.server.honestResumedFlight(psk));
    assert.equal(talk.client.status.cipherSuite, 'TLS_AES_128_CCM_SHA256');
  });

  it('gives tickets for the next connection, which do not put off the day after the last signature', () => {
    const fleet = new Fleet(honest);
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

describe('a server', () => {
  it('that resumes after a HelloRetryRequest by which the offer was withdrawn is refused', () => {
    const fleet = new Fleet(honest);
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
      const fleet = new Fleet(honest);
      fleet.issue(facts);
      assert.equal(fleet.tickets.size, count);
      fleet.nowMs += dayMs;
      assert.ok(!hasOffer(fleet.talk()));
    });
  }

  it('that permits early data is used without any', () => {
    const fleet = new Fleet(honest);
    const psk = only(fleet.issue({ extensions: [extension('early_data', Uint8Array.of(0, 0, 0x40, 0))] }));
    const talk = fleet.talk();
    assert.equal(talk.server.hello.extensions.get('early_data'), undefined);
    talk.say(talk.server.honestResumedFlight(psk));
    assert.equal(talk.client.status.resumed, true);
    assert.ok(talk.server.speech.every(({ kind }) => kind !== 'application-data'));
  });

  it('with an extension that nobody knows is kept', () => {
    const fleet = new Fleet(honest);
    fleet.issue({ extensions: [{ code: 0x4a4a, data: Uint8Array.of(1) }] });
    assert.equal(fleet.tickets.size, 1);
  });

  it('among many of one connection is forgotten, the newest excepted; a flood of them is refused', () => {
    const fleet = new Fleet(honest);
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
});
