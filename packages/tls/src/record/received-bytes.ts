/**
 * Received bytes on their way into records, read where the network's memory has them. Only what waits for more, or for
 * its turn, is copied, when {@link ReceivedBytes.keep} says that this memory is needed back.
 *
 *       #held, ours            #fresh, the giver's
 *     ┌───────────────┐   ┌──────────────────────────┐
 *     │ rec           │   │ ord │ record │ reco       │     a record that lies in both is completed in #held
 *     └───────────────┘   └──────────────────────────┘
 *
 * It holds ciphertext and messages that came in the clear: nothing to zero.
 */
export class ReceivedBytes {
  #held: Uint8Array = none;
  #start = 0;
  #end = 0;
  #fresh: Uint8Array = none;
  #freshStart = 0;

  get length(): number {
    return this.#heldLength + this.#freshLength;
  }

  feed(bytes: Uint8Array): void {
    this.keep();
    // Not a Buffer, whose slice would not copy.
    this.#fresh = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#freshStart = 0;
  }

  /** One of the bytes, counted from the first that was not taken; undefined beyond the last. */
  at(index: number): number | undefined {
    const held = this.#heldLength;
    return index < held ? this.#held[this.#start + index] : this.#fresh[this.#freshStart + index - held];
  }

  /** Removes the first `length` bytes, or all when there are fewer: shared, and valid until the next call. */
  take(length: number): Uint8Array {
    const held = this.#heldLength;
    if (held === 0) {
      const start = this.#freshStart;
      this.#freshStart = Math.min(start + length, this.#fresh.length);
      return this.#fresh.subarray(start, this.#freshStart);
    }
    if (held < length) this.#hold(length - held, length);
    const taken = this.#held.subarray(this.#start, Math.min(this.#end, this.#start + length));
    this.#start += taken.length;
    if (this.#start === this.#end) {
      this.#start = 0;
      this.#end = 0;
    }
    return taken;
  }

  /** Copies what was not taken. An idle connection, of which all was taken, holds no memory. */
  keep(): void {
    if (this.length === 0) this.#release();
    // Twice the room that is needed, so that bytes which come one by one are not moved each time.
    if (this.#freshLength > 0) this.#hold(this.#freshLength, 2 * this.length);
    this.#dropFresh();
  }

  clear(): void {
    this.#release();
    this.#dropFresh();
  }

  get #heldLength(): number {
    return this.#end - this.#start;
  }

  get #freshLength(): number {
    return this.#fresh.length - this.#freshStart;
  }

  /** Moves `count` bytes from the giver's memory to ours; `capacity` is for the case that a new piece is needed. */
  #hold(count: number, capacity: number): void {
    const moved = this.#fresh.subarray(this.#freshStart, this.#freshStart + count);
    this.#freshStart += moved.length;
    if (moved.length > this.#held.length - this.#end) {
      const roomier = new Uint8Array(Math.max(capacity, this.#heldLength + moved.length));
      roomier.set(this.#held.subarray(this.#start, this.#end));
      this.#end = this.#heldLength;
      this.#start = 0;
      this.#held = roomier;
    }
    this.#held.set(moved, this.#end);
    this.#end += moved.length;
  }

  #dropFresh(): void {
    this.#fresh = none;
    this.#freshStart = 0;
  }

  #release(): void {
    this.#held = none;
    this.#start = 0;
    this.#end = 0;
  }
}

const none = new Uint8Array(0);
