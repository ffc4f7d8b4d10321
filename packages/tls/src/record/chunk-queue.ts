/**
 * Bytes in arrival order that nobody copies on their way: chunks go in and, as a rule, come out as they are.
 *
 * A chunk belongs to the queue once it is in, and to the taker once it is out. What is handed out in pieces, or joined
 * with others, is a copy, and its source is zeroed, because plaintext passes through.
 */
export class ChunkQueue {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The first `length` bytes, or all when there are fewer. */
  take(length: number): Uint8Array {
    return this.#takeJoined(Math.min(length, this.#length));
  }

  /** As many whole chunks as there is room for in `lengthMax` bytes; a piece of the first when it alone is longer. */
  takeWhole(lengthMax: number): Uint8Array {
    let length = 0;
    for (const chunk of this.#chunks) {
      if (length + chunk.length > lengthMax) break;
      length += chunk.length;
    }
    return this.take(length === 0 ? lengthMax : length);
  }

  /** All of it, uncopied. */
  takePieces(): readonly Uint8Array[] {
    this.#length = 0;
    return this.#chunks.splice(0);
  }

  clear(): void {
    for (const chunk of this.#chunks) chunk.fill(0);
    this.#chunks.length = 0;
    this.#length = 0;
  }

  #takeJoined(length: number): Uint8Array {
    if (length === 0) return new Uint8Array(0);
    this.#length -= length;
    const [first] = this.#chunks;
    if (first?.length === length) {
      this.#chunks.shift();
      return first;
    }
    const joined = new Uint8Array(length);
    let at = 0;
    let emptied = 0;
    for (const chunk of this.#chunks) {
      if (chunk.length > length - at) break;
      joined.set(chunk, at);
      chunk.fill(0);
      at += chunk.length;
      emptied++;
    }
    this.#chunks.splice(0, emptied);
    if (at < length) this.#takePart(joined.subarray(at));
    return joined;
  }

  /** Fills `target` from the first chunk. */
  #takePart(target: Uint8Array): void {
    const [first = none] = this.#chunks;
    const part = first.subarray(0, target.length);
    target.set(part);
    part.fill(0);
    this.#chunks[0] = first.subarray(target.length);
  }
}

const none = new Uint8Array(0);
