import { after, before, test } from 'node:test';
import { strangerAuthority } from '@keystile/testkit';
import { assertRefused, DeviceInTheField } from '../support/device-in-the-field.ts';

let device: DeviceInTheField;
before(async () => {
  device = await DeviceInTheField.booted();
});
after(() => device.remove());

test('a server whose certificate chains to another root is refused', async () => {
  const { fleet } = device;
  const issuer = await strangerAuthority(fleet.clock.ms);
  await assertRefused(device.dial(await device.server(await fleet.server({ issuer }))), {
    code: 'KS-P101',
    says: /the chain ends at 'CN=Stranger root.*this part trusts 'CN=Keystile home root/,
    fix: /certificate of this fleet/,
  });
  await device.connects();
});
