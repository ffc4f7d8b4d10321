import type { AccountedBus } from '@keystile/device';
import { cpuMs } from './cpu.ts';

/**
 * A bus, and the CPU that its host spends on sending over it. On the virtual bus that is the system call that writes into a
 * socket and wakes the process of the part: the price of the emulation, in whose place a real bus has that of its driver.
 */
export class MeteredBus implements AccountedBus {
  /** Reading the clock costs as well: only who asks for the meter pays for it. */
  isMetering = false;
  readonly #bus: AccountedBus;
  #sendingCpuMs = 0;

  constructor(bus: AccountedBus) {
    this.#bus = bus;
  }

  get sendingCpuMs(): number {
    return this.#sendingCpuMs;
  }

  get busNs(): number {
    return this.#bus.busNs;
  }

  write(transaction: Uint8Array): Promise<void> {
    if (!this.isMetering) return this.#bus.write(transaction);
    const before = cpuMs();
    const written = this.#bus.write(transaction);
    this.#sendingCpuMs += cpuMs() - before;
    return written;
  }

  read(length: number): Promise<Uint8Array | undefined> {
    return this.#bus.read(length);
  }

  ready(timeoutMs: number): Promise<boolean> {
    return this.#bus.ready(timeoutMs);
  }

  close(): void {
    this.#bus.close();
  }
}
