import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openPart } from '@keystile/device';
import { ProcessPart } from '@keystile/testkit';
import { assertRefused, assertSays, DeviceInTheField } from '../support/device-in-the-field.ts';

let device: DeviceInTheField;
let clone: ProcessPart;
before(async () => {
  device = await DeviceInTheField.provisioned();
  clone = await ProcessPart.start();
});
after(async () => {
  await device.remove();
  await clone.remove();
});

test('the memory of a part, copied to another part, is refused by that part', async () => {
  const copy = device.part.copyNvm();
  await clone.restart(() => clone.putNvm(copy));
  const refusal = {
    code: 'KS-C130',
    says: /sealed by a part with other fuses/,
    fix: /A part cannot be duplicated: provision a new one/,
  } as const;
  assertSays(clone.process.fault, refusal);
  await assertRefused(openPart({ path: clone.busPath, bus: 'spi:10MHz' }), refusal);
});

test('the memory of a part without its fuses does not even start a part', async () => {
  await clone.stop();
  rmSync(clone.fuseFile);
  await clone.start();
  assertSays(clone.process.fault, {
    code: 'KS-C133',
    says: /there is no fuse file/,
    fix: /Put the fuse file of this part back/,
  });
});

test('the part that it was copied from works on', async () => {
  await device.fleet.boot(device.part.host);
  await device.connects();
  assert.equal(device.part.process.fault, undefined);
});
