/**
 * The host's end of a bus, whatever it is made of: an SPI or I2C controller, or the virtual bus.
 *
 * One call is one transaction (chip select held low, or START to STOP). Waiting is the bus's business, because the
 * link itself has no clock.
 */
export interface BusMaster {
  /** Sends `transaction` to the part. */
  write(transaction: Uint8Array): Promise<void>;
  /** Clocks `length` bytes out of the part; undefined when it does not answer its address (I2C, busy). */
  read(length: number): Promise<Uint8Array | undefined>;
  /**
   * Waits for the ready line, or, where there is none, for one polling interval. False when `timeoutMs` passed in vain.
   */
  ready(timeoutMs: number): Promise<boolean>;
  close(): void;
}

/** What the link has counted since it was opened. Polls are apart: they are the cost of waiting, not of data. */
export interface LinkCounters {
  /** Frames in both directions, retransmissions included. */
  readonly frames: number;
  /** Bytes of these frames. */
  readonly bytes: number;
  /** Exchanges of one frame each way. */
  readonly exchanges: number;
  /** Reads that found the part not ready. */
  readonly polls: number;
  readonly retransmissions: number;
  /** Frames from the part that arrived damaged. */
  readonly crcErrors: number;
}
