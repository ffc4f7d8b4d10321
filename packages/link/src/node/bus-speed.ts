import { KeystileError } from '@keystile/errors';

/** Which bus, and how fast its clock runs. */
export interface BusSpeed {
  readonly kind: 'spi' | 'i2c';
  readonly hz: number;
}

const pattern = /^(spi|i2c):(\d+(?:\.\d+)?)(k|M)?Hz$/;
/** Beyond these no part of this class is specified. */
const HZ_MAX = { spi: 100_000_000, i2c: 5_000_000 } as const;

/** Reads `spi:10MHz` or `i2c:400kHz`. Throws `KS-L102`. */
export function parseBusSpeed(text: string): BusSpeed {
  const match = pattern.exec(text);
  if (match === null) throw new KeystileError('KS-L102', `'${text}' is not a bus; write spi:10MHz or i2c:400kHz`);
  const kind = match[1] === 'spi' ? 'spi' : 'i2c';
  const factor = match[3] === 'M' ? 1_000_000 : match[3] === 'k' ? 1000 : 1;
  const hz = Number(match[2]) * factor;
  if (hz < 1 || hz > HZ_MAX[kind]) {
    throw new KeystileError('KS-L102', `${text}: the clock of ${kind} is 1 Hz to ${HZ_MAX[kind] / 1_000_000} MHz`);
  }
  return { kind, hz };
}

/**
 * Clock periods of one transaction. SPI: eight a byte. I2C: START, nine a byte (the address is one), STOP; a part that
 * is busy does not acknowledge its address and the transaction ends there.
 */
export function clockPeriods(kind: BusSpeed['kind'], bytes: number): number {
  return kind === 'spi' ? 8 * bytes : 1 + 9 * (1 + bytes) + 1;
}
