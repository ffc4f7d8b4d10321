import type { Slot, SlotStorage } from '@keystile/chip';

/** What the two slots held at one moment. */
export type StoredSlots = readonly [Uint8Array | undefined, Uint8Array | undefined];

/** Storage that a test can copy, put back and damage, as whoever holds the files of a part can. */
export class MemorySlots implements SlotStorage {
  #slots: [Uint8Array | undefined, Uint8Array | undefined] = [undefined, undefined];

  read(slot: Slot): Uint8Array | undefined {
    return this.#slots[slot]?.slice();
  }

  /** A write that is cut leaves its first bytes; a longer record before it is gone, as with a file that is truncated. */
  write(slot: Slot, bytes: Uint8Array): void {
    this.#slots[slot] = bytes.slice();
  }

  copy(): StoredSlots {
    return [this.read(0), this.read(1)];
  }

  putBack([first, second]: StoredSlots): void {
    this.#slots = [first?.slice(), second?.slice()];
  }

  /** Damages one bit. */
  flip(slot: Slot, at: number): void {
    const bytes = this.#slots[slot];
    if (bytes === undefined || at >= bytes.length) throw new RangeError(`slot ${slot} has no byte ${at}`);
    bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  }
}
