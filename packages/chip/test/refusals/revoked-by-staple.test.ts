import { after, before, describe, test } from 'node:test';
import { ocspAnswer, opensslMissing, SERVER_NAME } from '@keystile/testkit/field';
import { dialAndEcho } from '../support/connect.ts';
import { assertRefused, DeviceInTheField, type Refusal } from '../support/device-in-the-field.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const missing: Refusal = {
  code: 'KS-P116',
  says: /the server stapled no OCSP answer, and the policy requires one/,
  fix: /Turn on OCSP stapling at the server/,
};

describe('OCSP stapling', { skip: opensslMissing }, () => {
  let device: DeviceInTheField;
  before(async () => {
    device = await DeviceInTheField.booted(({ policies: [fleet, ...others] }) =>
      fleet === undefined
        ? others
        : [fleet, { ...fleet, name: 'staples', revocationRule: 'ocsp-staple-required' }, ...others],
    );
  });
  after(() => device.remove());

  const policies = ['fleet', 'staples'];

  test('a server that staples its own revocation is refused', async () => {
    const { fleet } = device;
    const issuer = fleet.fleet.authorities['server-ca'];
    const credential = await fleet.server();
    const server = await device.server({ ...credential, stapledOcsp: ocspAnswer(issuer, credential.cert, 'revoked') });
    for (const policy of policies) {
      await assertRefused(device.dial(server, SERVER_NAME, { policy }), {
        code: 'KS-P115',
        says: /broker\.test.* is revoked \(keyCompromise\)/,
        fix: /new certificate with a new key/,
      });
    }
    const good = await device.server({ ...credential, stapledOcsp: ocspAnswer(issuer, credential.cert, 'good') });
    for (const policy of policies) await dialAndEcho(device.dial(good, SERVER_NAME, { policy }));
  });

  test('a server that staples nothing is refused where the policy requires an answer, or its certificate promises one', async () => {
    const { fleet } = device;
    await assertRefused(device.dial(await device.server(), SERVER_NAME, { policy: 'staples' }), missing);
    const promising = await fleet.server({ mustStaple: true });
    await assertRefused(device.dial(await device.server(promising)), {
      ...missing,
      says: /the server stapled no OCSP answer, and its certificate promises one/,
    });
    const stapledOcsp = ocspAnswer(fleet.fleet.authorities['server-ca'], promising.cert, 'good');
    await dialAndEcho(device.dial(await device.server({ ...promising, stapledOcsp })));
  });

  test('an answer is good for as long as the part can know that it is', async () => {
    const { fleet, part } = device;
    const credential = await fleet.server({ untilMs: fleet.clock.ms + 30 * DAY_MS });
    const stapledOcsp = ocspAnswer(fleet.fleet.authorities['server-ca'], credential.cert, 'good');
    const server = await device.server({ ...credential, stapledOcsp });
    await part.restart();
    await fleet.boot(part.host);
    await assertRefused(device.dial(server, SERVER_NAME, { policy: 'staples' }), {
      code: 'KS-P118',
      says: /the stapled OCSP answer may be older than the part can tell/,
      fix: /Give the part a time token/,
    });
    await fleet.tellTime(part, fleet.clock.ms + 2 * DAY_MS);
    for (const policy of policies) {
      await assertRefused(device.dial(server, SERVER_NAME, { policy }), {
        code: 'KS-P117',
        says: /the stapled OCSP answer was good until/,
        fix: /before the old ones end/,
      });
    }
  });
});
