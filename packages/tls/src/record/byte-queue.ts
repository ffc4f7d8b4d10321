/**
 * Bytes in arrival order, appended at one end and taken from the other, without a copy per byte delivered.
 *
 * What is taken is a copy that the caller owns; what was taken is zeroed here, because plaintext passes through.
 */
export class ByteQueue {
  #buffer = new Uint8Array(0);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  append(bytes: Uint8Array): void {
    if (bytes.length > this.#buffer.length - this.#end) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The first `length` bytes (or all, when there are fewer), shared with the queue: valid until the next call. */
  peek(length: number): Uint8Array {
    return this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + length));
  }

  /** Removes and returns the first `length` bytes, or all when there are fewer. */
  take(length: number): Uint8Array {
    const taken = this.peek(length).slice();
    this.#drop(taken.length);
    return taken;
  }

  clear(): void {
    this.#drop(this.length);
  }

  #drop(length: number): void {
    this.#buffer.fill(0, this.#start, this.#start + length);
    this.#start += length;
    if (this.#start === this.#end) {
      // An idle connection holds no memory.
      this.#buffer = new Uint8Array(0);
      this.#start = 0;
      this.#end = 0;
    }
  }

  #makeRoom(length: number): void {
    const held = this.length;
    const needed = held + length;
    // Moving to the front is free of charge, amortised, only while at most half of the buffer is in use.
    const target = needed * 2 <= this.#buffer.length ? this.#buffer : new Uint8Array(Math.max(256, needed * 2));
    const source = this.#buffer;
    target.set(source.subarray(this.#start, this.#end));
    if (target === source) source.fill(0, held, this.#end);
    else source.fill(0);
    this.#buffer = target;
    this.#start = 0;
    this.#end = held;
  }
}
