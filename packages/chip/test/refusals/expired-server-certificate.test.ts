import { after, before, test } from 'node:test';
import { assertRefused, DeviceInTheField } from '../support/device-in-the-field.ts';

const DAY_MS = 86_400_000;

let device: DeviceInTheField;
before(async () => {
  device = await DeviceInTheField.booted();
});
after(() => device.remove());

test('a server whose certificate has expired by the part’s own time is refused', async () => {
  const { fleet, part } = device;
  // It lasts for a day; whether that is over, the part knows from a signed time token alone.
  const server = await device.server(await fleet.server());
  await device.connects();
  await fleet.tellTime(part, fleet.clock.ms + 2 * DAY_MS);
  await assertRefused(device.dial(server), {
    code: 'KS-P102',
    says: /broker\.test/,
    fix: /Renew the certificate; the time of the part comes from signed time tokens/,
  });
});
