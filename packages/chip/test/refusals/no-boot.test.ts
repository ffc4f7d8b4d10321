import { after, before, test } from 'node:test';
import { bootPart } from '@keystile/device';
import { assertRefused, DeviceInTheField } from '../support/device-in-the-field.ts';

let device: DeviceInTheField;
before(async () => {
  device = await DeviceInTheField.provisioned();
});
after(() => device.remove());

test('a host that was not measured cannot authenticate, and cannot have itself measured after it tried', async () => {
  const { fleet, part } = device;
  await assertRefused(device.dial(await device.server()), {
    code: 'KS-C112',
    says: /TLS_OPEN needs a verified boot, which has not begun/,
    fix: /BOOT_BEGIN, BOOT_UPDATE and BOOT_VERIFY with signed images/,
  });
  await assertRefused(bootPart(part.host, await fleet.release()), {
    code: 'KS-C114',
    says: /BOOT_BEGIN was not the first after the reset line was asserted/,
    fix: /Assert the reset line of the part together with that of the host/,
  });
});
