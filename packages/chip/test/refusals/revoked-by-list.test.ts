import { after, before, test } from 'node:test';
import { revocationList, SERVER_NAME, serialNumberOf } from '@keystile/testkit/field';
import { dialAndEcho } from '../support/connect.ts';
import { assertRefused, DeviceInTheField } from '../support/device-in-the-field.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let device: DeviceInTheField;
before(async () => {
  device = await DeviceInTheField.booted(({ policies: [fleet, ...others] }) =>
    fleet === undefined ? others : [fleet, { ...fleet, name: 'lists', revocationRule: 'crl-required' }, ...others],
  );
});
after(() => device.remove());

/** The lists of both CAs in the path, from an hour ago; `revoked` are serial numbers. */
async function lists(revoked: readonly string[] = []): Promise<readonly Uint8Array[]> {
  const { authorities } = device.fleet.fleet;
  const nowMs = device.fleet.clock.ms;
  const validity = { fromMs: nowMs - HOUR_MS, untilMs: nowMs + DAY_MS };
  return [
    await revocationList(authorities.root, validity),
    await revocationList(authorities['server-ca'], { ...validity, revoked }),
  ];
}

test('a server that its CA has revoked is refused, whatever the host would rather not say', async () => {
  const { fleet } = device;
  const credential = await fleet.server({ untilMs: fleet.clock.ms + 30 * DAY_MS });
  const server = await device.server(credential);
  const revocationLists = await lists([serialNumberOf(credential.cert)]);
  // The product's policy looks at a list that is there.
  for (const policy of ['fleet', 'lists']) {
    await assertRefused(device.dial(server, SERVER_NAME, { policy, revocationLists }), {
      code: 'KS-P115',
      says: /broker\.test.* is revoked \(keyCompromise\)/,
      fix: /new certificate with a new key/,
    });
  }
  await assertRefused(device.dial(server, SERVER_NAME, { policy: 'lists' }), {
    code: 'KS-P116',
    says: /there is no revocation list of 'CN=Keystile home server CA/,
    fix: /supply the list of every CA in the path/,
  });
  const [root] = revocationLists;
  await assertRefused(
    device.dial(server, SERVER_NAME, { policy: 'lists', revocationLists: [root ?? new Uint8Array(0)] }),
    {
      code: 'KS-P116',
      says: /there is no revocation list of 'CN=Keystile home server CA/,
      fix: /supply the list of every CA in the path/,
    },
  );
  await dialAndEcho(device.dial(server, SERVER_NAME, { policy: 'lists', revocationLists: await lists() }));
});

test('a list is good for as long as the part can know that it is', async () => {
  const { fleet, part } = device;
  const server = await device.server(await fleet.server({ untilMs: fleet.clock.ms + 30 * DAY_MS }));
  const options = { policy: 'lists', revocationLists: await lists() };
  await part.restart();
  await fleet.boot(part.host);
  await assertRefused(device.dial(server, SERVER_NAME, options), {
    code: 'KS-P118',
    says: /may be older than the part can tell: it has no fresh time token/,
    fix: /Give the part a time token/,
  });
  await fleet.tellTime(part, fleet.clock.ms + HOUR_MS);
  await dialAndEcho(device.dial(server, SERVER_NAME, options));
  await fleet.tellTime(part, fleet.clock.ms + 2 * DAY_MS);
  await assertRefused(device.dial(server, SERVER_NAME, options), {
    code: 'KS-P117',
    says: /the revocation list of 'CN=Keystile home server CA.*was good until/,
    fix: /before the old ones end/,
  });
});
