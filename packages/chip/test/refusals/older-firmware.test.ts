import { after, before, test } from 'node:test';
import { bootPart } from '@keystile/device';
import { commands } from '@keystile/link';
import { assertRefused, DeviceInTheField } from '../support/device-in-the-field.ts';

let device: DeviceInTheField;
before(async () => {
  device = await DeviceInTheField.provisioned();
});
after(() => device.remove());

test('genuine firmware that is older than what has proved itself is refused, also after a restart', async () => {
  const { fleet, part } = device;
  await fleet.boot(part.host, { firmwareVersion: 5 });
  await device.connects();
  await part.call(commands.bootCommit, {});
  await part.restart();
  await assertRefused(bootPart(part.host, await fleet.release({ firmwareVersion: 4 })), {
    code: 'KS-C119',
    says: /the firmware has version 4, the part accepts 5 and later/,
    fix: /Install a version that is not below the least one in STATUS/,
  });
  await part.pin({ op: 'reset-line' });
  await fleet.boot(part.host, { firmwareVersion: 5 });
});
