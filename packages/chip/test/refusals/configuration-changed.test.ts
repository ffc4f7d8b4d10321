import { after, before, test } from 'node:test';
import { bootPart } from '@keystile/device';
import { assertRefused, DeviceInTheField } from '../support/device-in-the-field.ts';

let device: DeviceInTheField;
before(async () => {
  device = await DeviceInTheField.provisioned();
});
after(() => device.remove());

test('a configuration with one bit changed is refused, and the device cannot authenticate', async () => {
  const { fleet, part } = device;
  const images = await fleet.release({ configurationVersion: 2 });
  images.configuration[0] = (images.configuration[0] ?? 0) ^ 0x80;
  await assertRefused(bootPart(part.host, images), {
    code: 'KS-C118',
    says: /the 200 bytes of configuration that the part measured are not those of version 2/,
    fix: /Have the changed configuration signed, or put the signed one back/,
  });
  await assertRefused(device.dial(await device.server()), {
    code: 'KS-C112',
    says: /TLS_OPEN needs a verified boot, which has failed/,
    fix: /BOOT_BEGIN, BOOT_UPDATE and BOOT_VERIFY with signed images/,
  });
});
