import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { TestCa } from './support/credentials.ts';
import type { LineOptions } from './support/line.ts';
import { fleetMaker, type TicketFleet } from './support/ticket-fleet.ts';
import { versions } from './support/versions.ts';
import { pinning } from './support/wire.ts';

const ca = new TestCa();
const server = ca.server('broker.test');
const device = ca.client('device-1');
const dayMs = 86_400_000;

for (const version of versions) {
  const fleetOf = fleetMaker({ ca, server, device }, version);

  describe(`resumption with an OpenSSL server, over ${version.name}`, () => {
    it('says that the client was not authenticated when in the first connection it was not', async () => {
      const fleet = fleetOf();
      const open = { requestCert: false } as const;
      await fleet.connect({ serverOptions: open });
      const { status } = (await fleet.connect({ serverOptions: open })).client;
      assert.deepEqual([status.resumed, status.clientAuthenticated], [true, false]);
    });

    it('gives way to a full handshake on the same hello when the server has forgotten the session', async () => {
      const fleet = fleetOf();
      await fleet.connect();
      const line = await fleet.connect({ serverOptions: { ticketKeys: randomBytes(48) } });
      assert.deepEqual([line.client.status.resumed, line.client.status.clientAuthenticated], [false, true]);
    });

    it('works when every byte comes alone', async () => {
      const fleet = fleetOf();
      await fleet.connect({ pieces: 1 });
      assert.equal((await fleet.connect({ pieces: 1 })).client.status.resumed, true);
    });
  });

  describe(`a ticket of ${version.name}`, () => {
    const lives: readonly (readonly [string, number, number])[] = [
      ['a day, whatever the server says', 7 * 24 * 3600, dayMs],
      ['as long as the server says, if that is less', 600, 600_000],
    ];
    for (const [name, sessionTimeout, lifeMs] of lives) {
      it(`lives ${name}`, async () => {
        for (const [afterMs, resumed] of [
          [lifeMs - 1, true],
          [lifeMs, false],
        ] as const) {
          const fleet = fleetOf();
          await fleet.connect({ serverOptions: { sessionTimeout } });
          fleet.nowMs += afterMs;
          assert.equal((await fleet.connect({ serverOptions: { sessionTimeout } })).client.status.resumed, resumed);
        }
      });
    }

    it('dies when the first certificate of the server path that it stands on expires', async () => {
      const fleet = fleetOf();
      const notAfterMs = fleet.nowMs + 5000;
      const verifier = {
        verify: (request: Parameters<ReturnType<typeof pinning>['verify']>[0]) => ({
          ...pinning(server).verify(request),
          notAfterMs,
        }),
      };
      const options = { options: { resumption: fleet.resumption, verifier } };
      await fleet.connect(options);
      fleet.nowMs = notAfterMs - 1;
      assert.equal((await fleet.connect(options)).client.status.resumed, true);
      fleet.nowMs = notAfterMs;
      assert.equal((await fleet.connect(options)).client.status.resumed, false);
      assert.equal(fleet.tickets.size, 0, 'and one that comes when it has expired is not kept');
    });

    const changes: readonly (readonly [string, (fleet: TicketFleet) => Partial<LineOptions>])[] = [
      ['server name', ({ resumption }) => ({ options: { resumption, serverName: 'other.test' } })],
      ['policy', () => ({ policy: { requestOcsp: true } })],
      ['client certificate', () => ({ client: ca.client('device-2') })],
      [
        'scope (policy version, anchor store or boot session)',
        (fleet) => {
          fleet.scope = new Uint8Array(32).fill(2);
          return {};
        },
      ],
    ];
    for (const [what, change] of changes) {
      it(`does not serve a connection with another ${what}`, async () => {
        const fleet = fleetOf();
        await fleet.connect();
        assert.equal((await fleet.connect(change(fleet))).client.status.resumed, false);
      });
    }
  });
}
