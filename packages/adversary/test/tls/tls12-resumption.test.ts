import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { toHex } from '@keystile/bytes';
import { party, Tls12Fleet, type Tls12Talk } from '../../src/index.ts';

const honest = party();
const dayMs = 86_400_000;
const offered = (talk: Tls12Talk): string =>
  toHex(talk.server.hello.extensions.get('session_ticket') ?? Uint8Array.of(0));

describe('a TLS 1.2 server that resumes', () => {
  it('connects, so that every refusal below has its own cause', () => {
    const fleet = new Tls12Fleet(honest);
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
    const fleet = new Tls12Fleet(honest);
    fleet.issue(randomBytes(100));
    const talk = fleet.talk();
    talk.connect();
    assert.deepEqual([talk.client.status.phase, talk.client.status.resumed], ['connected', false]);
  });

  it('may announce a ticket and send an empty one', () => {
    const fleet = new Tls12Fleet(honest);
    fleet.issue(new Uint8Array(0));
    assert.equal(fleet.tickets.size, 0);
  });

  it('has a ticket kept for a day when it does not say for how long', () => {
    const fleet = new Tls12Fleet(honest);
    fleet.issue(randomBytes(10), { lifetimeSeconds: 0 });
    fleet.nowMs += dayMs - 1;
    assert.equal(fleet.tickets.size, 1);
    assert.notEqual(offered(fleet.talk()), '');
    fleet.issue(randomBytes(10), { lifetimeSeconds: 0 });
    fleet.nowMs += dayMs;
    assert.equal(offered(fleet.talk()), '');
  });

  it('gives tickets for the next connection, which do not put off the day after the last signature', () => {
    const fleet = new Tls12Fleet(honest);
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
    const fleet = new Tls12Fleet(honest);
    fleet.issue(randomBytes(4097));
    assert.equal(fleet.tickets.size, 0);
    fleet.issue(randomBytes(4096));
    assert.equal(fleet.tickets.size, 1);
  });
});
