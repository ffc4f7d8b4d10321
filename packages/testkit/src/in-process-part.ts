import { randomBytes } from 'node:crypto';
import {
  type KnownAnswer,
  knownAnswers,
  type RandomSource,
  SecurePart,
  type SecurePartPorts,
  type TamperCause,
} from '@keystile/chip';
import { type PowerCut, PowerSupply } from '@keystile/chip/node';
import { HostPairing, type PairingCheck, Part } from '@keystile/device';
import type { Command } from '@keystile/link';
import { TestClock } from './clock.ts';
import { InProcessBus } from './in-process-bus.ts';
import { MemorySlots } from './memory-slots.ts';

export interface InProcessPartOptions {
  readonly clock?: TestClock;
  readonly nvm?: MemorySlots;
  readonly fuses?: MemorySlots;
  readonly random?: RandomSource;
  readonly vault?: SecurePartPorts['vault'];
  /** Of the host; a new one that has met no part when absent. */
  readonly pairing?: HostPairing;
  readonly tamperLatch?: SecurePartPorts['tamperLatch'];
  /** The part's own when absent, each of which is run once in a process that starts hundreds of parts. */
  readonly knownAnswers?: readonly KnownAnswer[];
  readonly exporter?: SecurePartPorts['exporter'];
  readonly pace?: SecurePartPorts['pace'];
  /** `spi:10MHz` when absent. */
  readonly bus?: string;
}

const runOnce: readonly KnownAnswer[] = knownAnswers.map(({ name, holds }) => {
  let verdict: boolean | undefined;
  return {
    name,
    holds: () => {
      verdict ??= holds();
      return verdict;
    },
  };
});

/** The power went in the middle of a write. */
export class PowerFailure extends Error {
  override readonly name = 'PowerFailure';
}

/**
 * The firmware of the secure IC in this process, on its bus, with the device SDK on the other end. After a power cut the
 * firmware of before still answers, but no write of it reaches the memory; {@link InProcessPart.powerCycle} starts it anew.
 */
export class InProcessPart {
  readonly clock: TestClock;
  readonly nvm: MemorySlots;
  readonly fuses: MemorySlots;
  readonly #options: InProcessPartOptions;
  #power: PowerSupply;
  #chip: SecurePart;
  #bus: InProcessBus;
  #host: Part;

  constructor(options: InProcessPartOptions = {}) {
    this.#options = options;
    this.clock = options.clock ?? new TestClock();
    this.nvm = options.nvm ?? new MemorySlots();
    this.fuses = options.fuses ?? new MemorySlots();
    ({
      power: this.#power,
      chip: this.#chip,
      bus: this.#bus,
      host: this.#host,
    } = this.#start(options.pairing ?? HostPairing.create()));
  }

  /** The firmware, and its pins. */
  get chip(): SecurePart {
    return this.#chip;
  }

  /** The device SDK's view; it keeps its pairing across power cycles, as a host does. */
  get host(): Part {
    return this.#host;
  }

  get bus(): InProcessBus {
    return this.#bus;
  }

  /** Writes to memory and fuses since power on. */
  get writes(): number {
    return this.#power.writes;
  }

  call<Request, Result>(command: Command<Request, Result>, request: Request): Promise<Result> {
    return this.#host.call(command, request);
  }

  pair(check: PairingCheck): Promise<void> {
    return this.#host.pair(check);
  }

  cutPowerLater(cut: PowerCut): void {
    this.#power.cutLater(cut);
  }

  tamper(cause: TamperCause = 'pin'): Promise<void> {
    return this.#chip.tamper(cause);
  }

  /** Power off and on. `cut`: and off again at a write of the start itself, which is thrown as {@link PowerFailure}. */
  powerCycle(cut?: PowerCut): void {
    ({ power: this.#power, chip: this.#chip, bus: this.#bus, host: this.#host } = this.#start(this.#host.pairing, cut));
  }

  /** Another host takes its place on the same bus. */
  changeHost(pairing: HostPairing): void {
    this.#bus = new InProcessBus((request, origin) => this.#chip.handle(request, origin), this.#options.bus);
    this.#host = new Part(this.#bus, pairing);
  }

  /**
   * The same part at this moment, started anew on a copy of its memory: a test may go two ways from here. `pairing` is
   * that of the host before it, the same host when absent.
   */
  fork(pairing: HostPairing | undefined = this.#host.pairing): InProcessPart {
    const nvm = new MemorySlots();
    const fuses = new MemorySlots();
    nvm.putBack(this.nvm.copy());
    fuses.putBack(this.fuses.copy());
    const clock = new TestClock();
    clock.ms = this.clock.ms;
    return new InProcessPart({ ...this.#options, clock, nvm, fuses, ...(pairing && { pairing }) });
  }

  #start(
    pairing: HostPairing | undefined,
    cut?: PowerCut,
  ): { power: PowerSupply; chip: SecurePart; bus: InProcessBus; host: Part } {
    const power = new PowerSupply(() => {
      throw new PowerFailure('the power was cut');
    });
    if (cut !== undefined) power.cutLater(cut);
    const offsetMs = this.clock.poweredMs;
    const chip = new SecurePart({
      nvm: power.feed(this.nvm),
      fuses: power.feed(this.fuses),
      random: this.#options.random ?? ((length) => new Uint8Array(randomBytes(length))),
      poweredMs: () => this.clock.poweredMs - offsetMs,
      knownAnswers: this.#options.knownAnswers ?? runOnce,
      ...(this.#options.vault === undefined ? {} : { vault: this.#options.vault }),
      ...(this.#options.tamperLatch === undefined ? {} : { tamperLatch: this.#options.tamperLatch }),
      ...(this.#options.exporter === undefined ? {} : { exporter: this.#options.exporter }),
      ...(this.#options.pace === undefined ? {} : { pace: this.#options.pace }),
    });
    const bus = new InProcessBus((request, origin) => chip.handle(request, origin), this.#options.bus);
    return { power, chip, bus, host: new Part(bus, pairing) };
  }
}
