import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertRefused, DeviceInTheField } from '../support/device-in-the-field.ts';

let device: DeviceInTheField;
before(async () => {
  device = await DeviceInTheField.booted();
});
after(() => device.remove());

test('a server name that the policy does not list is refused, even with a certificate of the right CA for it', async () => {
  const server = await device.server(await device.fleet.server({ names: ['evil.test'] }));
  await assertRefused(device.dial(server, 'evil.test'), {
    code: 'KS-C161',
    says: /policy 'fleet' allows localhost, broker\.test; the host asked for evil\.test/,
    fix: /Dial one of the names in the message/,
  });
  assert.equal(server.sockets.length, 0, 'no byte of TLS went out');
  await device.connects();
});
