import { after, before, test } from 'node:test';
import { openPart } from '@keystile/device';
import { assertRefused, assertSays, DeviceInTheField } from '../support/device-in-the-field.ts';

let device: DeviceInTheField;
before(async () => {
  device = await DeviceInTheField.provisioned();
});
after(() => device.remove());

test('an older memory, put back into its own part, is refused; the newest one works again', async () => {
  const { fleet, part } = device;
  const older = part.copyNvm();
  // One change that somebody may want to undo: the floor of time.
  await fleet.tellTime(part, fleet.clock.ms + 86_400_000);
  const newest = part.copyNvm();
  await part.restart(() => part.putNvm(older));
  const refusal = {
    code: 'KS-C131',
    says: /the NVM folder holds generation \d+, the fuse file counts \d+/,
    fix: /Put the newest NVM folder back/,
  } as const;
  assertSays(part.process.fault, refusal);
  await assertRefused(openPart({ path: part.busPath, bus: 'spi:10MHz' }), refusal);

  await part.restart(() => part.putNvm(newest));
  await fleet.boot(part.host);
});
