import { after, before, test } from 'node:test';
import { chainFields, commands, decodeField } from '@keystile/link';
import { strangerAuthority } from '@keystile/testkit/field';
import { assertRefused, DeviceInTheField } from '../support/device-in-the-field.ts';

let device: DeviceInTheField;
before(async () => {
  device = await DeviceInTheField.booted();
});
after(() => device.remove());

test('a host cannot give the device a certificate of a CA of its own, nor one for another key, nor a new key for life', async () => {
  const { fleet, part } = device;
  const slot = 'ldevid-spare';
  const foreign = await fleet.renewal(part, { issuer: await strangerAuthority(fleet.clock.ms) });
  await assertRefused(part.call(commands.certInstall, { slot, chain: foreign }), {
    code: 'KS-C221',
    says: /KS-P101/,
    fix: /Have the CA of the fleet issue the certificate/,
  });
  const { bytes } = await part.call(commands.read, { object: 'ldevid-chain', offset: 0, lengthMax: 4096 });
  const old = decodeField(chainFields, bytes.slice());
  await assertRefused(part.call(commands.certInstall, { slot, chain: old }), {
    code: 'KS-C145',
    says: /holds another key than the slot/,
    fix: /./,
  });
  await assertRefused(part.call(commands.generate, { slot: 'idevid' }), {
    code: 'KS-C144',
    says: /makes keys in ldevid-spare, not in idevid/,
    fix: /./,
  });
  await device.connects();
});
