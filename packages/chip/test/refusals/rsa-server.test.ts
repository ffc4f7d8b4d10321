import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertRefused, DeviceInTheField } from '../support/device-in-the-field.ts';

let device: DeviceInTheField;
before(async () => {
  device = await DeviceInTheField.booted();
});
after(() => device.remove());

test('a TLS 1.3 server with an RSA certificate of the right CA is refused', async () => {
  const server = await device.server({ ...(await device.fleet.server({ keyType: 'RSA' })), minVersion: 'TLSv1.3' });
  await assertRefused(device.dial(server), {
    code: 'KS-T103',
    says: /handshake_failure/,
    fix: /Give the server an ECDSA certificate on P-256/,
  });
  assert.match(server.failures[0] ?? '', /NO_SUITABLE_SIGNATURE_ALGORITHM|no suitable signature algorithm/);
  await device.connects();
});
