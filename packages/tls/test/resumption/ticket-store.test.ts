import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { proveTicket, proveTls12Ticket, verifyChain, verifyFinished, verifySignature } from '../../src/client/proof.ts';
import { type DropEvent, TicketStore } from '../../src/index.ts';
import { ticketsMax, ticketsPerKeyMax } from '../../src/limits.ts';
import { SessionTicket } from '../../src/resumption/session-ticket.ts';
import { Secret } from '../../src/schedule/secret.ts';
import { Psk, startSchedule } from '../../src/schedule/stages.ts';
import { certificateVerifyContent } from '../../src/signature.ts';
import { suiteParameters } from '../../src/suites.ts';
import { Tls12SessionTicket } from '../../src/tls12/session-ticket.ts';
import { ResumableMaster } from '../../src/tls12/stages.ts';

const suite = suiteParameters.TLS_AES_128_GCM_SHA256;
const hash = new Uint8Array(32).fill(5);
const server = authenticatedServer();

function authenticatedServer(): ReturnType<typeof verifyFinished> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const leafSpki = publicKey.export({ type: 'spki', format: 'der' });
  const path = { leafSpki, path: [], anchorDigest: new Uint8Array(32), notAfterMs: 0 };
  const chain = verifyChain({ verify: () => path }, { chain: [], serverName: 'broker.test' });
  const signature = sign('sha256', certificateVerifyContent('server', hash), { key: privateKey, dsaEncoding: 'der' });
  const signed = verifySignature(chain, {
    message: { scheme: 0x0403, signature },
    transcriptHash: hash,
    schemes: ['ecdsa_secp256r1_sha256'],
  });
  const { server: traffic } = startSchedule(suite).handshake(new Uint8Array(32), hash);
  return verifyFinished(signed, { verifyData: traffic.finished(hash), transcriptHash: hash, traffic });
}

interface Made {
  readonly ticket: SessionTicket;
  /** The very bytes of the key, to see them go. */
  readonly keyBytes: Uint8Array;
  readonly identity: Uint8Array;
}

function make(name: number, { receivedAtMs = 0, expiresAtMs = 1000 } = {}): Made {
  const keyBytes = new Uint8Array(32).fill(0xa7);
  const identity = new Uint8Array(16).fill(name);
  const psk = new Psk(new Secret(suite, keyBytes));
  const proof = proveTicket(server, { psk, clientAuthenticated: true, authenticatedAtMs: 0 });
  return {
    ticket: new SessionTicket({ identity, ageAdd: 0, proof, receivedAtMs, expiresAtMs }),
    keyBytes,
    identity,
  };
}

/** The same of TLS 1.2. Whose proof it stands on does not matter to the store. */
function makeTls12(): {
  readonly ticket: Tls12SessionTicket;
  readonly keyBytes: Uint8Array;
  readonly bytes: Uint8Array;
} {
  const keyBytes = new Uint8Array(48).fill(0xa7);
  const bytes = new Uint8Array(16).fill(3);
  const master = new ResumableMaster(suiteParameters.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, keyBytes);
  const proof = proveTls12Ticket(server, { master, clientAuthenticated: true, authenticatedAtMs: 0 });
  return {
    ticket: new Tls12SessionTicket({ ticket: bytes, proof, receivedAtMs: 0, expiresAtMs: 1000 }),
    keyBytes,
    bytes,
  };
}

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

function assertGone({ keyBytes, identity }: Made): void {
  assert.ok(isZero(keyBytes), 'the key is zeroed');
  assert.ok(isZero(identity), 'the identity is zeroed');
}

describe('TicketStore', () => {
  it('gives a ticket once, the newest first, and under its own key only', () => {
    const store = new TicketStore();
    const lease = store.lease('a');
    const [first, second] = [make(1), make(2)];
    lease.put(first.ticket);
    lease.put(second.ticket);
    assert.equal(store.lease('b').take(10), undefined);
    assert.equal(lease.take(10), second.ticket);
    assert.equal(lease.take(10), first.ticket);
    assert.equal(lease.take(10), undefined);
    assert.ok(!isZero(first.keyBytes), 'who takes it owns it');
  });

  it('keeps the two kinds of tickets apart, even under an equal key, and counts them together', () => {
    const store = new TicketStore();
    const { ticket } = make(1);
    const older = makeTls12();
    store.lease('a').put(ticket);
    store.tls12Lease('a').put(older.ticket);
    assert.equal(store.size, 2);
    assert.equal(store.tls12Lease('a').take(10), older.ticket);
    assert.equal(store.tls12Lease('a').take(10), undefined);
    assert.equal(store.lease('a').take(10), ticket);
  });

  it('zeroes a ticket of TLS 1.2 when it expires or is dropped', () => {
    const store = new TicketStore();
    const [expired, dropped] = [makeTls12(), makeTls12()];
    store.tls12Lease('a').put(expired.ticket);
    assert.equal(store.tls12Lease('a').take(1000), undefined);
    store.tls12Lease('a').put(dropped.ticket);
    const before = store.tls12Lease('a');
    store.drop('tamper');
    assert.equal(before.isCurrent(), false);
    for (const { keyBytes, bytes } of [expired, dropped]) assert.ok(isZero(keyBytes) && isZero(bytes));
  });

  it('zeroes a ticket at the very millisecond at which it expires', () => {
    const store = new TicketStore();
    const made = make(1, { expiresAtMs: 1000 });
    store.lease('a').put(made.ticket);
    assert.equal(made.ticket.isLiveAt(999), true);
    assert.equal(store.lease('a').take(1000), undefined);
    assert.equal(store.size, 0);
    assertGone(made);
  });

  it('does not give a ticket that comes from the future: the time has been put back', () => {
    const store = new TicketStore();
    const made = make(1, { receivedAtMs: 500 });
    store.lease('a').put(made.ticket);
    assert.equal(store.lease('a').take(499), undefined);
    assertGone(made);
  });

  it(`holds ${ticketsPerKeyMax} of one key: one server cannot push out those of the others`, () => {
    const store = new TicketStore();
    const other = make(1);
    store.lease('other').put(other.ticket);
    const many = Array.from({ length: 50 }, (_, index) => make(index + 2));
    for (const { ticket } of many) store.lease('a').put(ticket);
    assert.equal(store.size, 1 + ticketsPerKeyMax);
    for (const made of many.slice(0, -ticketsPerKeyMax)) assertGone(made);
    assert.equal(store.lease('other').take(1), other.ticket);
  });

  it('holds a bounded number in all, and the oldest makes room', () => {
    for (const [store, most] of [
      [new TicketStore(), ticketsMax],
      [new TicketStore({ countMax: 3 }), 3],
    ] as const) {
      const made = Array.from({ length: most + 1 }, (_, index) => make(index + 1));
      for (const [index, { ticket }] of made.entries()) store.lease(`key ${index}`).put(ticket);
      assert.equal(store.size, most);
      assert.equal(store.lease('key 0').take(1), undefined);
      assert.ok(made[0] !== undefined);
      assertGone(made[0]);
      assert.ok(store.lease('key 1').take(1) !== undefined);
    }
    assert.throws(() => new TicketStore({ countMax: 0 }), { code: 'KS-T131' });
  });

  it('shows nothing: not in inspect, JSON, a structured clone or its keys', () => {
    const store = new TicketStore();
    const { ticket } = make(0x5a);
    store.lease('a').put(ticket);
    for (const each of [store, ticket, store.lease('a')]) {
      const shown = inspect(each, { depth: null, showHidden: true, getters: false });
      assert.doesNotMatch(shown + JSON.stringify(each), /a7|167|5a|90|Wlpa|p6en/);
    }
    assert.equal(JSON.stringify([store, ticket]), '[{},{}]');
    assert.deepEqual(structuredClone(store), {});
    assert.deepEqual([...Object.keys(store), ...Object.keys(ticket)], []);
  });
});

describe('an event after which earlier sessions do not count', () => {
  const events: readonly DropEvent[] = ['boot', 'tamper', 'key', 'time-floor', 'administration', 'pairing'];
  for (const event of events) {
    it(`${event}: every ticket is zeroed`, () => {
      const store = new TicketStore();
      const made = [make(1), make(2), make(3)];
      for (const [index, { ticket }] of made.entries()) store.lease(`key ${index}`).put(ticket);
      store.drop(event);
      assert.equal(store.size, 0);
      assert.equal(store.lastDrop, event);
      for (const each of made) assertGone(each);
      for (const index of made.keys()) assert.equal(store.lease(`key ${index}`).take(1), undefined);
    });
  }

  it('reaches connections that began before it: they bring no ticket, take none and finish with none', () => {
    const store = new TicketStore();
    const before = store.lease('a');
    assert.equal(before.isCurrent(), true);
    store.drop('key');
    assert.equal(before.isCurrent(), false);
    const late = make(1);
    before.put(late.ticket);
    assertGone(late);
    const fresh = make(2);
    store.lease('a').put(fresh.ticket);
    assert.equal(before.take(1), undefined);
    assert.equal(store.lease('a').take(1), fresh.ticket);
  });
});

describe('SessionTicket', () => {
  it('obfuscates its age modulo 2^32, in whole milliseconds', () => {
    const proof = make(1).ticket.proof;
    const at = (ageAdd: number): SessionTicket =>
      new SessionTicket({ identity: new Uint8Array(1), ageAdd, proof, receivedAtMs: 1000, expiresAtMs: 9000 });
    assert.equal(at(7).obfuscatedAge(3500.9), 2507);
    assert.equal(at(0xffff_ffff).obfuscatedAge(1000), 0xffff_ffff);
    assert.equal(at(0xffff_ffff).obfuscatedAge(1001), 0);
    assert.equal(at(0xffff_ff00).obfuscatedAge(1000 + 0x200), 0x100);
  });
});
