/**
 * Bytes that all queues, and all QoS 2 messages that wait for their release, may hold together. Each session has its own limit too, but many sessions within theirs could
 * still be more than the machine has. A body that waits in several queues counts in each.
 */
export class QueueBudget {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  hasRoomFor(bytes: number): boolean {
    return this.#bytes + bytes <= this.#bytesMax;
  }

  /** A session grew by so many bytes, or shrank. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }
}
