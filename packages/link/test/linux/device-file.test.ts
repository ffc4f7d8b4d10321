import assert from 'node:assert/strict';
import { test } from 'node:test';
import { I2C_SLAVE } from '../../src/linux/constants.ts';
import { openDeviceFile } from '../../src/linux/device-file.ts';
import { openLinuxBus } from '../../src/linux/index.ts';

const koffi = await import('koffi').then(
  () => ({}),
  () => ({ skip: 'koffi is not installed' }),
);

test('the kernel itself refuses what is no bus device, and says so by name', koffi, async (t) => {
  const file = await openDeviceFile('/dev/null');
  t.after(() => file.close());
  assert.throws(() => file.control(I2C_SLAVE, 0x30), { code: 'ENOTTY' });
  assert.throws(() => file.control(I2C_SLAVE, Uint8Array.of(1)), { code: 'ENOTTY' });
});

test('a file that is no SPI or I2C device, and one that is not there, are coded errors', koffi, async () => {
  const spi = { kind: 'spi', hz: 1_000_000 } as const;
  const i2c = { kind: 'i2c', hz: 400_000 } as const;
  await assert.rejects(openLinuxBus({ device: '/dev/null', bus: spi }), { code: 'KS-L122' });
  await assert.rejects(openLinuxBus({ device: '/dev/null', bus: i2c, address: 0x30 }), { code: 'KS-L122' });
  await assert.rejects(openLinuxBus({ device: '/dev/spidev77.7', bus: spi }), { code: 'KS-L121' });
});
