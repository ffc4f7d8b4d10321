import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { commands, type Policy } from '@keystile/link';
import { InProcessPart, SERVER_NAME, TestFleet } from '@keystile/testkit';
import { type Connected, TicketingServers } from '../support/ticketing-server.ts';

/**
 * What ends the life of a ticket, seen from outside: OpenSSL would resume every time, the part does not offer to. Each
 * test shows first that the same two connections, without the event between them, do resume.
 */
const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;

let fleet: TestFleet;
let servers: TicketingServers;
let operational: InProcessPart;
let part: InProcessPart;
before(async () => {
  fleet = await TestFleet.create();
  servers = new TicketingServers(fleet);
  operational = new InProcessPart({ clock: fleet.clock });
  const [policy] = fleet.policies;
  assert.ok(policy !== undefined);
  const resuming: Policy = {
    ...policy,
    name: 'resuming',
    resumption: true,
    revocationRule: 'none',
    revocationAgeHoursMax: 0,
  };
  const older: Policy = {
    ...resuming,
    name: 'older',
    versions: ['1.3', '1.2'],
    cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
  };
  const asIdevid: Policy = { ...resuming, name: 'enrolment', clientKey: 'idevid' };
  await fleet.provision(operational, [resuming, { ...resuming, name: 'same' }, older, asIdevid]);
});
after(() => fleet.remove());
beforeEach(async () => {
  part = operational.fork();
  await fleet.boot(part.host);
});
afterEach(() => servers.close());

/** Until the part has released the session. */
async function leave({ connection }: Connected): Promise<void> {
  connection.destroy();
  await once(connection, 'close');
}

describe('a ticket does not serve', () => {
  it('another server name, though it is the same server', async () => {
    const names = await fleet.server({ names: [SERVER_NAME, 'localhost'] });
    const connect = await servers.start(names);
    await connect(part, { serverName: SERVER_NAME });
    assert.equal((await connect(part, { serverName: 'localhost' })).resumed, false);
    assert.equal((await connect(part, { serverName: SERVER_NAME })).resumed, true);
  });

  it('another policy, though it says the same', async () => {
    const connect = await servers.start();
    await connect(part, { policy: 'resuming' });
    assert.equal((await connect(part, { policy: 'same' })).resumed, false);
    assert.equal((await connect(part, { policy: 'resuming' })).resumed, true);
  });

  it('another client certificate', async () => {
    const connect = await servers.start();
    const ldevid = await connect(part, { policy: 'resuming' });
    const idevid = await connect(part, { policy: 'enrolment' });
    assert.equal(idevid.resumed, false);
    const [one, other] = [ldevid, idevid].map(({ socket }) => socket.getPeerCertificate().fingerprint256);
    assert.notEqual(one, other);
    assert.equal((await connect(part, { policy: 'enrolment' })).resumed, true);
  });

  for (const [first, then] of [
    ['TLSv1.2', 'TLSv1.3'],
    ['TLSv1.3', 'TLSv1.2'],
  ] as const) {
    it(`another version: ${first}, then ${then}`, async () => {
      const credential = await fleet.server();
      const connectFirst = await servers.start({ ...credential, minVersion: first, maxVersion: first });
      const connectThen = await servers.start({ ...credential, minVersion: then, maxVersion: then });
      const policy = 'older';
      await leave(await connectFirst(part, { policy }));
      const again = await connectFirst(part, { policy });
      assert.equal(again.resumed, true);
      await leave(again);
      assert.equal((await connectThen(part, { policy })).resumed, false);
    });
  }

  for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
    it(`past the end of the chain that authenticated the server (${version})`, async () => {
      const untilMs = part.clock.ms + 30 * MINUTE_MS;
      const short = await servers.start({ ...(await fleet.server({ untilMs })), maxVersion: version });
      const renewed = await servers.start({ ...(await fleet.server()), maxVersion: version });
      await short(part, { policy: 'older' });
      // A certificate ends at a whole second.
      part.clock.pass(30 * MINUTE_MS - 1000);
      const before = await renewed(part, { policy: 'older' });
      assert.equal(before.resumed, true);
      await leave(before);
      part.clock.pass(1000);
      assert.equal((await renewed(part, { policy: 'older' })).resumed, false);
    });
  }

  const events: readonly (readonly [string, () => Promise<unknown>])[] = [
    [
      'the reset line',
      async () => {
        part.chip.assertResetLine();
        await fleet.boot(part.host);
      },
    ],
    [
      'a power cut',
      async () => {
        part.powerCycle();
        await fleet.boot(part.host);
      },
    ],
    ['RESET on the bus', () => part.call(commands.reset, {})],
    ['BOOT_COMMIT, which moves the counters', () => part.call(commands.bootCommit, {})],
    ['a time token', () => fleet.tellTime(part.host, part.clock.ms + 1000)],
    [
      'a certificate that moved the time floor',
      async () => {
        const fromMs = part.clock.ms + DAY_MS;
        const ahead = await servers.start(await fleet.server({ fromMs, untilMs: fromMs + DAY_MS }));
        const { timeFloorMs } = await part.call(commands.status, {});
        // Under a policy that has no ticket: a resumed session shows no certificate.
        await leave(await ahead(part, { policy: 'same' }));
        assert.ok((await part.call(commands.status, {})).timeFloorMs > timeFloorMs);
      },
    ],
  ];
  for (const [name, happen] of events) {
    it(`after ${name}`, async () => {
      const credential = await fleet.server({ untilMs: part.clock.ms + 30 * DAY_MS });
      const connect = await servers.start(credential);
      await leave(await connect(part));
      const again = await connect(part);
      assert.equal(again.resumed, true);
      await leave(again);
      await happen();
      assert.equal((await connect(part)).resumed, false);
    });
  }
});
