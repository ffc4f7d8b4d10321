import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeystileError } from '@keystile/errors';
import type { BusMaster } from '../exchange/bus-master.ts';
import { type BusSpeed, clockPeriods } from '../node/bus-speed.ts';
import {
  I2C_ADDRESS_MAX,
  I2C_ADDRESS_MIN,
  I2C_SLAVE,
  NOT_ACKNOWLEDGED,
  SPI_IOC_WR_BITS_PER_WORD,
  SPI_IOC_WR_MAX_SPEED_HZ,
  SPI_IOC_WR_MODE,
  SPI_MODE_0,
  SPIDEV_BUFFER_DEFAULT,
} from './constants.ts';
import { type DeviceFile, openDeviceFile } from './device-file.ts';

/**
 * A part on a bus of this machine, through the kernel's `spidev` or `i2c-dev`. There is no ready line: the host polls,
 * slower the longer the part takes.
 */
export interface LinuxBusOptions {
  /** `/dev/spidevB.C` or `/dev/i2c-N`. */
  readonly device: string;
  /** SPI: the clock to use. I2C: what the device tree has set, for the account of bus time; it cannot be set from here. */
  readonly bus: BusSpeed;
  /** Seven bits; I2C alone needs it. */
  readonly address?: number;
}

export interface LinuxBus extends BusMaster {
  readonly bus: BusSpeed;
  readonly busNs: number;
  /** Bytes that one transaction may have: the kernel's limit. */
  readonly transactionMax: number;
}

/** Throws `KS-L120` to `KS-L123`. */
export async function openLinuxBus(options: LinuxBusOptions): Promise<LinuxBus> {
  const file = await openDeviceFile(options.device);
  try {
    return options.bus.kind === 'spi'
      ? spiBus(file, options.bus, await spidevBuffer())
      : i2cBus(file, options.bus, options.address);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Sets mode 0, eight bits a word and the clock. Throws `KS-L122` when the file is no SPI device. */
export function spiBus(file: DeviceFile, bus: BusSpeed, transactionMax: number): LinuxBus {
  configure(file, SPI_IOC_WR_MODE, Uint8Array.of(SPI_MODE_0));
  configure(file, SPI_IOC_WR_BITS_PER_WORD, Uint8Array.of(8));
  configure(file, SPI_IOC_WR_MAX_SPEED_HZ, nativeU32(bus.hz));
  return new DeviceBus(file, bus, transactionMax);
}

/** Throws `KS-L123` for an address that cannot be, `KS-L122` when the file is no I2C device or the address is taken. */
export function i2cBus(file: DeviceFile, bus: BusSpeed, address: number | undefined): LinuxBus {
  if (!Number.isInteger(address) || address === undefined || address < I2C_ADDRESS_MIN || address > I2C_ADDRESS_MAX) {
    throw new KeystileError('KS-L123', `the address is ${address ?? 'missing'}; it is from 0x08 to 0x77`);
  }
  configure(file, I2C_SLAVE, address);
  return new DeviceBus(file, bus, I2C_TRANSACTION_MAX);
}

/** `i2c-dev` refuses more in one call. */
const I2C_TRANSACTION_MAX = 8192;
const POLL_MS_MIN = 1;
const POLL_MS_MAX = 20;

class DeviceBus implements LinuxBus {
  readonly bus: BusSpeed;
  readonly transactionMax: number;
  readonly #file: DeviceFile;
  #periods = 0;
  #pollMs = POLL_MS_MIN;

  constructor(file: DeviceFile, bus: BusSpeed, transactionMax: number) {
    this.#file = file;
    this.bus = bus;
    this.transactionMax = transactionMax;
  }

  get busNs(): number {
    return Math.round((this.#periods * 1e9) / this.bus.hz);
  }

  async write(transaction: Uint8Array): Promise<void> {
    this.#pollMs = POLL_MS_MIN;
    const count = await this.#transact(transaction.length, () => this.#file.write(transaction));
    // A frame that the part did not take is one that was lost: the link sends it again.
    if (count !== undefined && count !== transaction.length) {
      throw new KeystileError('KS-L124', `${this.#file.path} took ${count} of ${transaction.length} bytes`);
    }
  }

  async read(length: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(length);
    const count = await this.#transact(length, () => this.#file.read(bytes));
    return count === length ? bytes : undefined;
  }

  async ready(timeoutMs: number): Promise<boolean> {
    await sleep(Math.min(timeoutMs, this.#pollMs));
    this.#pollMs = Math.min(POLL_MS_MAX, this.#pollMs * 2);
    return true;
  }

  close(): void {
    this.#file.close();
  }

  /** Undefined when nobody acknowledged. Throws `KS-L124` for every other fault of the bus. */
  async #transact(length: number, transact: () => Promise<number>): Promise<number | undefined> {
    try {
      const count = await transact();
      this.#periods += clockPeriods(this.bus.kind, count);
      return count;
    } catch (cause) {
      if (this.bus.kind === 'i2c' && NOT_ACKNOWLEDGED.includes(codeOf(cause))) {
        this.#periods += clockPeriods('i2c', 0);
        return undefined;
      }
      throw new KeystileError('KS-L124', `${this.#file.path}, ${length} bytes: ${codeOf(cause)}`, { cause });
    }
  }
}

function configure(file: DeviceFile, request: number, argument: number | Uint8Array): void {
  try {
    file.control(request, argument);
  } catch (cause) {
    throw new KeystileError('KS-L122', `${file.path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

async function spidevBuffer(): Promise<number> {
  const text = await readFile('/sys/module/spidev/parameters/bufsiz', 'utf8').catch(() => '');
  const size = Number.parseInt(text, 10);
  return size > 0 ? size : SPIDEV_BUFFER_DEFAULT;
}

/** The kernel reads it in the machine's own byte order. */
function nativeU32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
