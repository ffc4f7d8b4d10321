/**
 * A cursor over received bytes, big endian as every network and bus format here is.
 *
 * Every read is bounds-checked and throws {@link BytesError}, the one error of this package: codecs catch it at their
 * entry and turn it into their own. Slices that a reader hands out share memory with the input; copy what must
 * outlive it.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bytes consumed so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes not yet consumed. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#byte(this.#advance(1));
  }

  u16(): number {
    const at = this.#advance(2);
    return (this.#byte(at) << 8) | this.#byte(at + 1);
  }

  u24(): number {
    const at = this.#advance(3);
    return (this.#byte(at) << 16) | (this.#byte(at + 1) << 8) | this.#byte(at + 2);
  }

  u32(): number {
    const at = this.#advance(4);
    const low = (this.#byte(at + 1) << 16) | (this.#byte(at + 2) << 8) | this.#byte(at + 3);
    return this.#byte(at) * 2 ** 24 + low;
  }

  /** A 64-bit unsigned integer that must be a safe integer (below 2^53). */
  u64(): number {
    // The cursor moves by all or nothing.
    if (this.remaining < 8) this.#advance(8);
    const high = this.u32();
    if (high >= 2 ** 21) throw new BytesError('integer does not fit 53 bits');
    return high * 2 ** 32 + this.u32();
  }

  /** The next `length` bytes, sharing memory with the input. */
  bytes(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Everything that is left, sharing memory with the input. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** A vector with an 8-bit length before it. */
  vector8(): Uint8Array {
    return this.bytes(this.u8());
  }

  /** A vector with a 16-bit length before it. */
  vector16(): Uint8Array {
    return this.bytes(this.u16());
  }

  /** A vector with a 24-bit length before it. */
  vector24(): Uint8Array {
    return this.bytes(this.u24());
  }

  /** Throws unless every byte has been consumed: trailing bytes are an error in every format here. */
  end(): void {
    if (this.remaining !== 0) throw new BytesError(`${this.remaining} bytes left over`);
  }

  /** Within bounds, as {@link ByteReader.#advance} found. */
  #byte(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  #advance(length: number): number {
    const at = this.#offset;
    if (length > this.#bytes.length - at) {
      throw new BytesError(`need ${length} bytes, ${this.#bytes.length - at} left`);
    }
    this.#offset = at + length;
    return at;
  }
}

/** Input that is shorter, longer or other than its format says. Never leaves a codec as it is. */
export class BytesError extends Error {
  override readonly name = 'BytesError';
}
