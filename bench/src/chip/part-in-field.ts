import { join } from 'node:path';
import { fromHex, toHex } from '@keystile/bytes';
import { type PartProcess, spawnPart, type TimingProfile } from '@keystile/chip/node';
import { HostPairing, openPart, Part } from '@keystile/device';
import type { Policy } from '@keystile/link';
import { openVirtualBus, parseBusSpeed, type VirtualBus } from '@keystile/link/node';
import type { TestFleet } from '@keystile/testkit';

/** What the host of a part must know to speak to it. */
export interface PartAddress {
  readonly path: string;
  readonly pairing?: StoredPairing;
}

/** A host's pairing as it goes from process to process, in hexadecimal. */
export interface StoredPairing {
  readonly privateKey: string;
  readonly partKey: string;
}

export function pairingOf(stored: StoredPairing | undefined): HostPairing | undefined {
  return stored && new HostPairing(fromHex(stored.privateKey), fromHex(stored.partKey));
}

function storedPairing(pairing: HostPairing): StoredPairing {
  return { privateKey: toHex(pairing.exportPrivateKey()), partKey: toHex(pairing.partKey ?? new Uint8Array(0)) };
}

/** A virtual part as it is shipped, in a process of its own. */
export class PartInField {
  readonly #folder: string;
  readonly #fleet: TestFleet;
  #pairing: HostPairing | undefined;
  #process: PartProcess | undefined;

  private constructor(folder: string, fleet: TestFleet) {
    this.#folder = folder;
    this.#fleet = fleet;
  }

  /** One that was provisioned, paired with its host or with nobody, and has booted. */
  static async provisioned(folder: string, fleet: TestFleet, order: ProvisioningOrder): Promise<PartInField> {
    const part = new PartInField(folder, fleet);
    await part.#power('none');
    const host = await openPart({
      path: part.#busPath,
      bus: FAST_BUS,
      ...(order.isPaired && { pairing: HostPairing.create() }),
    });
    if (order.isPaired) await fleet.provision(host, order.policies);
    else await fleet.provisionUnpaired(host, order.policies);
    part.#pairing = order.isPaired ? host.pairing : undefined;
    await fleet.boot(host);
    host.close();
    return part;
  }

  get address(): PartAddress {
    return { path: this.#busPath, ...(this.#pairing && { pairing: storedPairing(this.#pairing) }) };
  }

  get pairing(): HostPairing | undefined {
    return this.#pairing;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  openBus(speed: string): Promise<VirtualBus> {
    return openVirtualBus({ path: this.#busPath, bus: parseBusSpeed(speed) });
  }

  /** Power off and on, at the pace of another part, and booted again. */
  async restart(profile: TimingProfile): Promise<void> {
    await this.stop();
    await this.#power(profile);
    const bus = await this.openBus(FAST_BUS);
    await this.#fleet.boot(new Part(bus, this.#pairing));
    bus.close();
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = undefined;
  }

  async #power(profile: TimingProfile): Promise<void> {
    this.#process = await spawnPart({
      nvmFolder: join(this.#folder, 'nvm'),
      fuseFile: join(this.#folder, 'fuse', 'fuses'),
      busPath: this.#busPath,
      controlPath: join(this.#folder, 'pins.sock'),
      profile,
    });
  }

  get #busPath(): string {
    return join(this.#folder, 'bus.sock');
  }
}

export interface ProvisioningOrder {
  readonly isPaired: boolean;
  readonly policies: readonly Policy[];
}

/** Where the speed of the bus does not matter: nothing waits for it. */
const FAST_BUS = 'spi:10MHz';
