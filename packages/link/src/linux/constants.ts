/**
 * Numbers of the kernel's interfaces (`linux/spi/spidev.h`, `linux/i2c-dev.h`, `asm-generic/errno.h`). They are the same
 * on every architecture that Node runs on, but for MIPS, PowerPC and SPARC, whose ioctl numbers are encoded otherwise.
 */
export const SPI_IOC_WR_MODE = 0x40016b01;
export const SPI_IOC_WR_BITS_PER_WORD = 0x40016b03;
export const SPI_IOC_WR_MAX_SPEED_HZ = 0x40046b04;
export const I2C_SLAVE = 0x0703;

/** Clock idle low, data sampled at the rising edge. */
export const SPI_MODE_0 = 0;
/** What spidev carries in one call unless its module parameter `bufsiz` says otherwise. */
export const SPIDEV_BUFFER_DEFAULT = 4096;

/** Seven-bit addresses outside the reserved ranges of the I2C specification. */
export const I2C_ADDRESS_MIN = 0x08;
export const I2C_ADDRESS_MAX = 0x77;

/** What the controllers' drivers report when nobody acknowledges: the address, or a byte. */
export const NOT_ACKNOWLEDGED: readonly string[] = ['ENXIO', 'EREMOTEIO', 'EIO', 'ETIMEDOUT'];
