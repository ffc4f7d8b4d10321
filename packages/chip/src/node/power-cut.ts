import type { Slot, SlotStorage } from '../ports.ts';

/**
 * A power supply that can be told to fail in the middle of a write to the memory or the fuses: the first part of the
 * bytes reaches the storage, the rest does not, and nothing runs after it.
 */
export interface PowerCut {
  /** Counts from the next write on: 1 cuts that one. `keptBytes` of it are written, half when absent. */
  readonly atWrite: number;
  readonly keptBytes?: number;
}

export class PowerSupply {
  readonly #onCut: () => void;
  #cut: PowerCut | undefined;
  #writes = 0;

  /** `onCut` must not come back to the firmware: it ends the process, or throws in a test. */
  constructor(onCut: () => void) {
    this.#onCut = onCut;
  }

  /** Writes so far. */
  get writes(): number {
    return this.#writes;
  }

  cutLater(cut: PowerCut): void {
    this.#cut = { ...cut, atWrite: this.#writes + cut.atWrite };
  }

  /** The storage, as long as there is power. */
  feed(storage: SlotStorage): SlotStorage {
    return {
      read: (slot) => storage.read(slot),
      write: (slot, bytes) => this.#write(storage, slot, bytes),
    };
  }

  #write(storage: SlotStorage, slot: Slot, bytes: Uint8Array): void {
    this.#writes++;
    const cut = this.#cut;
    if (cut === undefined || this.#writes < cut.atWrite) return storage.write(slot, bytes);
    if (this.#writes === cut.atWrite) storage.write(slot, bytes.subarray(0, cut.keptBytes ?? bytes.length >> 1));
    this.#onCut();
  }
}
