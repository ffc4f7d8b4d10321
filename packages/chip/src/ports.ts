/**
 * What the firmware needs of the board around it. The virtual part brings files and the operating system's clock and
 * random numbers (`node/`); a real part brings flash, fuses and its own sources.
 */

/**
 * Two places for the two newest versions of something, so that one write can fail at any byte and the other version
 * is still whole. A write is on stable storage when it returns. A read of what was never written gives undefined.
 */
export interface SlotStorage {
  read(slot: Slot): Uint8Array | undefined;
  write(slot: Slot, bytes: Uint8Array): void;
}

export type Slot = 0 | 1;

/** Strong random bytes, for the caller to own. The board's are tested and never given out as they are. */
export type RandomSource = (length: number) => Uint8Array;

/** Milliseconds since the part got power; it never goes back. Not a time of day: the part has none of its own. */
export type PoweredClock = () => number;
