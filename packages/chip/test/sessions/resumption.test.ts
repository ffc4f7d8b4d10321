import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { TlsOptions } from 'node:tls';
import { commands, type Policy } from '@keystile/link';
import { InProcessPart, SERVER_NAME, TestFleet } from '@keystile/testkit';
import { TicketStore } from '@keystile/tls';
import { type PartState, unmadeState } from '../../src/memory/part-state.ts';
import { dropEventOf, resumptionOf } from '../../src/sessions/resumption.ts';
import { SessionTable } from '../../src/sessions/session-table.ts';
import { type Connected, TicketingServers } from '../support/ticketing-server.ts';

const hourMs = 3_600_000;
const withTls12: Pick<Policy, 'name' | 'versions' | 'cipherSuites' | 'groups'> = {
  name: 'older',
  versions: ['1.3', '1.2'],
  cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
  groups: ['X25519', 'P-256'],
};

/** A resumed session shows no certificate, so that no policy has both. */
const unasked = { revocationRule: 'none', revocationAgeHoursMax: 0 } as const;

let fleet: TestFleet;
let operational: InProcessPart;
let part: InProcessPart;
let servers: TicketingServers;
before(async () => {
  fleet = await TestFleet.create();
  servers = new TicketingServers(fleet);
  operational = new InProcessPart({ clock: fleet.clock });
  const [policy] = fleet.policies;
  assert.ok(policy !== undefined);
  assert.equal(policy.resumption, false, 'the factory allows none');
  const resuming = { ...policy, name: 'resuming', resumption: true, ...unasked };
  await fleet.provision(operational, [policy, resuming, { ...resuming, ...withTls12 }]);
});
after(() => fleet.remove());
beforeEach(async () => {
  part = operational.fork();
  await fleet.boot(part.host);
});

afterEach(() => servers.close());

async function server(options: TlsOptions = {}): Promise<(policy?: string) => Promise<Connected>> {
  const connect = await servers.start(options);
  return (policy = 'resuming') => connect(part, { policy });
}

async function stateNames(handle: number): Promise<readonly string[]> {
  const { entries } = await part.call(commands.traceRead, { handle, from: 0 });
  return entries.map(({ name }) => name);
}

describe('a part whose policy permits resumption', () => {
  it('resumes without a signature, and is still the authenticated device', async () => {
    const connect = await server();
    const first = await connect();
    const second = await connect();
    assert.deepEqual([first.resumed, second.resumed], [false, true]);
    const subject = second.socket.getPeerCertificate().subject;
    assert.deepEqual(subject, first.socket.getPeerCertificate().subject);
    assert.ok(subject.CN !== undefined);
    const handle = 2;
    const { clientAuthenticated, resumed } = await part.call(commands.tlsStatus, { handle });
    assert.deepEqual([clientAuthenticated, resumed], [true, true]);
    const names = await stateNames(handle);
    assert.ok(names.includes('state ExpectResumedFinished'));
    assert.ok(!names.some((name) => name.startsWith('signature')));
  });

  it('does so with a server that has TLS 1.2 only, where the policy lists that too', async () => {
    const connect = await server({ maxVersion: 'TLSv1.2' });
    const connections = [await connect('older'), await connect('older')];
    assert.deepEqual(
      connections.map(({ resumed }) => resumed),
      [false, true],
    );
    const handle = 2;
    const { protocol, cipherSuite, clientAuthenticated } = await part.call(commands.tlsStatus, { handle });
    assert.deepEqual(
      [protocol, cipherSuite, clientAuthenticated],
      ['TLSv1.2', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', true],
    );
    await assert.rejects(part.call(commands.tlsKeyUpdate, { handle }), { code: 'KS-T163' });
  });

  const events: readonly (readonly [string, () => Promise<unknown>])[] = [
    [
      'the reset line and a new boot',
      async () => {
        part.chip.assertResetLine();
        await fleet.boot(part.host);
      },
    ],
    ['RESET on the bus', () => part.call(commands.reset, {})],
    ['a time token', () => fleet.tellTime(part.host, fleet.clock.ms + 1000)],
    ['BOOT_COMMIT, which moves the counters', () => part.call(commands.bootCommit, {})],
  ];
  for (const [name, happen] of events) {
    it(`has a full handshake after ${name}, and resumes again after that one`, async () => {
      const connect = await server();
      await connect();
      await happen();
      assert.equal((await connect()).resumed, false);
      assert.equal((await connect()).resumed, true);
    });
  }

  it('has a full handshake after a power cycle: tickets are in RAM alone', async () => {
    const connect = await server();
    await connect();
    part.powerCycle();
    await fleet.boot(part.host);
    assert.equal((await connect()).resumed, false);
  });

  it('has no handshake at all after a tamper event, ticket or not', async () => {
    const connect = await server();
    await connect();
    await part.tamper();
    await assert.rejects(part.call(commands.tlsOpen, { policy: 'resuming', serverName: SERVER_NAME }), {
      code: 'KS-C113',
    });
  });

  it('counts the age of a ticket in powered time', async () => {
    const connect = await server();
    await connect();
    // OpenSSL says two hours.
    part.clock.pass(2 * hourMs - 1);
    assert.equal((await connect()).resumed, true);
    part.clock.pass(1);
    assert.equal((await connect()).resumed, false);
  });
});

describe('a part whose policy does not permit it', () => {
  it('has a full handshake each time, also when another policy has tickets for that server', async () => {
    const connect = await server();
    (await connect('resuming')).connection.destroy();
    assert.equal((await connect('fleet')).resumed, false);
    assert.equal((await connect('fleet')).resumed, false);
    assert.equal((await connect('resuming')).resumed, true);
  });

  it('never resumes under a policy without a client key, which is for recovery', () => {
    const policy = { resumption: true, clientKey: 'none' } as Policy;
    const tickets = new TicketStore();
    assert.equal(resumptionOf({ tickets, state: unmadeState, policy, nowMs: () => 0 }), undefined);
  });
});

describe('an event of the part', () => {
  const state: PartState = { ...unmadeState, lifeCycle: 'operational' };
  const changes: readonly (readonly [string, Partial<PartState>])[] = [
    ['boot', { bootCount: 1 }],
    ['boot', { firmwareVersionMin: 1 }],
    ['boot', { configurationVersionMin: 1 }],
    ['key', { keys: new Map() }],
    ['time-floor', { timeFloorMs: 1 }],
    ['time-floor', { lastTokenMs: 1 }],
    ['administration', { objects: new Map([['anchors', Uint8Array.of(1)]]) }],
    ['administration', { objects: new Map([['ldevid-chain', Uint8Array.of(1)]]) }],
    ['administration', { objects: new Map([['policies', Uint8Array.of(1)]]) }],
    ['administration', { lifeCycle: 'terminated' }],
    ['pairing', { objects: new Map([['host-pairing-key', Uint8Array.of(1)]]) }],
  ];
  for (const [event, change] of changes) {
    it(`is ${event} when ${Object.keys(change).join()} changes in the memory`, () => {
      assert.equal(dropEventOf(state, { ...state, ...change }), event);
    });
  }

  it('is none when nothing changed', () => {
    assert.equal(dropEventOf(state, { ...state }), undefined);
  });

  for (const event of ['boot', 'tamper', 'key', 'time-floor', 'administration', 'pairing'] as const) {
    it(`empties the store together with the sessions (${event})`, () => {
      const table = new SessionTable();
      const lease = table.tickets.lease('key');
      table.discardAll(event);
      assert.equal(table.tickets.lastDrop, event);
      assert.equal(lease.isCurrent(), false);
    });

    it(`can empty the store alone, where no memory changes (${event})`, () => {
      const { tickets } = new SessionTable();
      const lease = tickets.lease('key');
      tickets.drop(event);
      assert.equal(tickets.lastDrop, event);
      assert.equal(lease.isCurrent(), false);
    });
  }
});

describe('the scope of a ticket', () => {
  const state: PartState = { ...unmadeState, objects: new Map([['anchors', Uint8Array.of(1)]]), bootCount: 7 };
  const nowMs = (): number => 0;
  const scopeOf = (policy: Policy, of: PartState = state): string => {
    const scope = resumptionOf({ tickets: new TicketStore(), state: of, policy, nowMs })?.scope;
    assert.ok(scope !== undefined);
    return Buffer.from(scope).toString('hex');
  };
  const resuming = (): Policy => {
    const [policy] = fleet.policies;
    assert.ok(policy !== undefined);
    return { ...policy, resumption: true };
  };

  it('is another with each change of the anchors, the boot and the part', () => {
    const changes: readonly Partial<PartState>[] = [
      { objects: new Map([['anchors', Uint8Array.of(2)]]) },
      { objects: new Map() },
      { bootCount: 8 },
      { serial: 'KS-2' },
    ];
    const scopes = changes.map((change) => scopeOf(resuming(), { ...state, ...change }));
    assert.equal(new Set([scopeOf(resuming()), ...scopes]).size, 1 + changes.length);
    assert.equal(scopeOf(resuming(), { ...state }), scopeOf(resuming()));
  });

  it('is another with each change of any field of the policy', () => {
    const policy = resuming();
    const changes: { readonly [Field in keyof Policy]: Policy[Field] } = {
      name: 'other',
      anchorDigests: [new Uint8Array(32)],
      serverNames: ['other.test'],
      alpn: ['other'],
      alpnRequired: true,
      clientKey: 'idevid',
      versions: ['1.3', '1.2'],
      cipherSuites: ['TLS_AES_128_CCM_SHA256'],
      groups: ['P-384'],
      tokenAgeHoursMax: 1,
      resumption: true,
      revocationRule: 'crl-required',
      revocationAgeHoursMax: 1,
      purpose: 'administration',
      bytesPerBootMax: 1,
    };
    const fields = Object.entries(changes).filter(([field]) => field !== 'resumption');
    const scopes = fields.map(([field, value]) => scopeOf({ ...policy, [field]: value }));
    assert.equal(new Set([scopeOf(policy), ...scopes]).size, 1 + fields.length);
  });
});
