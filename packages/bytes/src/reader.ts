/**
 * A cursor over received bytes, big endian as every network and bus format here is.
 *
 * Every read is bounds-checked and throws {@link BytesError}, the one error of this package: codecs catch it at their
 * entry and turn it into their own. Slices that a reader hands out share memory with the input; copy what must
 * outlive it.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2));
  }

  u24(): number {
    const at = this.#advance(3);
    return (this.#view.getUint8(at) << 16) | this.#view.getUint16(at + 1);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  /** A 64-bit unsigned integer that must be a safe integer (below 2^53). */
  u64(): number {
    const value = this.#view.getBigUint64(this.#advance(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new BytesError('integer does not fit 53 bits');
    return Number(value);
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
