import { after, before, test } from 'node:test';
import { assertRefused, DeviceInTheField } from '../support/device-in-the-field.ts';

let device: DeviceInTheField;
before(async () => {
  device = await DeviceInTheField.booted();
});
after(() => device.remove());

test('a server of the right CA with a certificate for another name is refused', async () => {
  const credential = await device.fleet.server({ names: ['console.test'] });
  await assertRefused(device.dial(await device.server(credential)), {
    code: 'KS-P104',
    says: /console\.test.*broker\.test|broker\.test.*console\.test/,
    fix: /Dial a name that the certificate has/,
  });
  await device.connects();
});
