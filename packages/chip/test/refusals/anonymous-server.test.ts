import { after, before, test } from 'node:test';
import { assertRefused, DeviceInTheField } from '../support/device-in-the-field.ts';

let device: DeviceInTheField;
before(async () => {
  device = await DeviceInTheField.booted();
});
after(() => device.remove());

test('a server that lets anybody in, since it asks for no client certificate, is refused', async () => {
  await assertRefused(device.dial(await device.server({ requestCert: false })), {
    code: 'KS-T123',
    says: /requires client authentication and the server did not ask for it/,
    fix: /Enable client certificates on the server/,
  });
  await device.connects();
});
