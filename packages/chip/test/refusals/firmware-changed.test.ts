import { after, before, test } from 'node:test';
import { bootPart } from '@keystile/device';
import { assertRefused, DeviceInTheField } from '../support/device-in-the-field.ts';

let device: DeviceInTheField;
before(async () => {
  device = await DeviceInTheField.provisioned();
});
after(() => device.remove());

test('firmware with one bit changed is refused, and the device cannot authenticate', async () => {
  const { fleet, part } = device;
  const images = await fleet.release({ firmwareVersion: 3 });
  images.firmware[1234] = (images.firmware[1234] ?? 0) ^ 0x01;
  await assertRefused(bootPart(part.host, images), {
    code: 'KS-C117',
    says: /the 3000 bytes of firmware that the part measured are not those of version 3/,
    fix: /Install the firmware of the manifest again/,
  });
  await assertRefused(device.dial(await device.server()), {
    code: 'KS-C112',
    says: /TLS_OPEN needs a verified boot, which has failed/,
    fix: /BOOT_BEGIN, BOOT_UPDATE and BOOT_VERIFY with signed images/,
  });
  await part.pin({ op: 'reset-line' });
  await fleet.boot(part.host);
  await device.connects();
});
