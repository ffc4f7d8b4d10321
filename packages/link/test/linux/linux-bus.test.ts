import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeRequest } from '../../src/command.ts';
import { commands } from '../../src/commands/index.ts';
import { HostLink } from '../../src/exchange/host-link.ts';
import { PartLink } from '../../src/exchange/part-link.ts';
import { FRAME_OVERHEAD } from '../../src/frame/frame.ts';
import {
  I2C_SLAVE,
  SPI_IOC_WR_BITS_PER_WORD,
  SPI_IOC_WR_MAX_SPEED_HZ,
  SPI_IOC_WR_MODE,
} from '../../src/linux/constants.ts';
import type { DeviceFile } from '../../src/linux/device-file.ts';
import { i2cBus, type LinuxBus, spiBus } from '../../src/linux/linux-bus.ts';

const SPI = { kind: 'spi', hz: 10_000_000 } as const;
const I2C = { kind: 'i2c', hz: 400_000 } as const;

/** A device file with a part behind it that behaves as the kernel's driver of that bus does. */
class FakeDevice implements DeviceFile {
  readonly path = '/dev/fake';
  readonly controls: [number, number | Uint8Array][] = [];
  readonly #kind: 'spi' | 'i2c';
  readonly #transactionMax: number;
  readonly #link: PartLink;
  #unread: Uint8Array | undefined;
  /** Reads for which the part is still at work. */
  busyReads = 0;

  constructor(kind: 'spi' | 'i2c', transactionMax: number, answer: (request: Uint8Array) => Uint8Array) {
    this.#kind = kind;
    this.#transactionMax = transactionMax;
    this.#link = new PartLink({ handle: answer, payloadMax: 4096 });
  }

  control(request: number, argument: number | Uint8Array): void {
    this.controls.push([request, argument]);
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (bytes.length > this.#transactionMax) throw fault('EMSGSIZE');
    this.#unread = undefined;
    this.#link.receive(bytes.slice());
    return bytes.length;
  }

  async read(into: Uint8Array): Promise<number> {
    await new Promise(setImmediate);
    this.#unread ??= this.#link.reply;
    if (this.busyReads-- > 0 || this.#unread === undefined) {
      if (this.#kind === 'i2c') throw fault('ENXIO');
      into.fill(0xff);
      return into.length;
    }
    into.fill(0xff);
    into.set(this.#unread.subarray(0, into.length));
    this.#unread = this.#unread.subarray(into.length);
    return into.length;
  }

  close(): void {}
}

function fault(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** Echoes: the response is `ok` and the request. */
const echo = (request: Uint8Array): Uint8Array => Uint8Array.of(0, ...request);

async function exchangeOver(bus: LinuxBus, length: number): Promise<number> {
  const payloadMax = bus.transactionMax - FRAME_OVERHEAD;
  const link = new HostLink(bus, { now: () => performance.now(), payloadMax });
  const response = await link.exchange(new Uint8Array(length).fill(7));
  assert.equal(link.payloadMax, Math.min(4096, payloadMax));
  return response.length;
}

test('SPI: mode, word and clock are set, and long messages stay within what the kernel carries in one call', async () => {
  const file = new FakeDevice('spi', 2048, echo);
  const bus = spiBus(file, SPI, 2048);
  assert.deepEqual(
    file.controls.map(([request]) => request),
    [SPI_IOC_WR_MODE, SPI_IOC_WR_BITS_PER_WORD, SPI_IOC_WR_MAX_SPEED_HZ],
  );
  const clock = file.controls[2]?.[1];
  assert.ok(clock instanceof Uint8Array);
  assert.equal(new Uint32Array(clock.slice().buffer)[0], 10_000_000);
  assert.equal(await exchangeOver(bus, 9000), 9001);
  assert.ok(bus.busNs > (2 * 9000 * 8 * 1e9) / 10_000_000);
});

test('I2C: the address is set once, and a part that does not acknowledge while it works is asked again', async () => {
  const file = new FakeDevice('i2c', 8192, echo);
  const bus = i2cBus(file, I2C, 0x30);
  assert.deepEqual(file.controls, [[I2C_SLAVE, 0x30]]);
  file.busyReads = 5;
  assert.equal(await exchangeOver(bus, 9000), 9001);
  for (const address of [undefined, 0, 0x07, 0x78, 1.5])
    assert.throws(() => i2cBus(file, I2C, address), { code: 'KS-L123' });
});

test('a fault of the controller is a coded error, on I2C a missing acknowledgement is not', async () => {
  const failing = (code: string): DeviceFile => ({
    path: '/dev/fake',
    control: () => undefined,
    read: () => Promise.reject(fault(code)),
    write: () => Promise.reject(fault(code)),
    close: () => undefined,
  });
  const request = encodeRequest(commands.info, {});
  await assert.rejects(spiBus(failing('EIO'), SPI, 4096).write(request), { code: 'KS-L124' });
  await assert.rejects(i2cBus(failing('EBADF'), I2C, 0x30).read(5), { code: 'KS-L124' });
  assert.equal(await i2cBus(failing('EREMOTEIO'), I2C, 0x30).read(5), undefined);
});
