import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  I2C_SLAVE,
  SPI_IOC_WR_BITS_PER_WORD,
  SPI_IOC_WR_MAX_SPEED_HZ,
  SPI_IOC_WR_MODE,
} from '../../src/linux/constants.ts';

const program = `
#include <stdio.h>
#include <sys/ioctl.h>
#include <linux/spi/spidev.h>
#include <linux/i2c-dev.h>
int main(void) {
  printf("%lu %lu %lu %lu", (unsigned long)SPI_IOC_WR_MODE, (unsigned long)SPI_IOC_WR_BITS_PER_WORD,
         (unsigned long)SPI_IOC_WR_MAX_SPEED_HZ, (unsigned long)I2C_SLAVE);
}`;

const hasCompiler = spawnSync('gcc', ['--version']).status === 0 && existsSync('/usr/include/linux/spi/spidev.h');
const skip = hasCompiler ? {} : { skip: 'gcc or the kernel headers are not installed' };

test("the driver's numbers are those of the kernel's headers on this machine", skip, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'keystile-headers-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'numbers.c'), program);
  execFileSync('gcc', ['-o', join(folder, 'numbers'), join(folder, 'numbers.c')]);
  const said = execFileSync(join(folder, 'numbers'), { encoding: 'utf8' });
  assert.deepEqual(said.split(' ').map(Number), [
    SPI_IOC_WR_MODE,
    SPI_IOC_WR_BITS_PER_WORD,
    SPI_IOC_WR_MAX_SPEED_HZ,
    I2C_SLAVE,
  ]);
});
