import { after, before, test } from 'node:test';
import { assertRefused, DeviceInTheField } from '../support/device-in-the-field.ts';

let device: DeviceInTheField;
before(async () => {
  device = await DeviceInTheField.booted();
});
after(() => device.remove());

test('a server that speaks TLS 1.2 at most is refused', async () => {
  await assertRefused(device.dial(await device.server({ maxVersion: 'TLSv1.2' })), {
    code: 'KS-T101',
    says: /protocol_version|1\.2/,
    fix: /Enable TLS 1\.3 on the server/,
  });
  await device.connects();
});
