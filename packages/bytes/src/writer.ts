import { BytesError } from './reader.ts';

const INITIAL_CAPACITY = 64;

/**
 * A growing buffer, big endian. The mirror of {@link ByteReader}.
 *
 * `finish` returns a view of the bytes written; the writer must not be used after it. Bytes are stored one by one: a
 * DataView would make V8 move even the smallest buffer out of its own heap.
 */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity: number = INITIAL_CAPACITY) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    const at = this.#reserve(1, value, 0xff);
    this.#bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.#reserve(2, value, 0xffff);
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
    return this;
  }

  u24(value: number): this {
    const at = this.#reserve(3, value, 0xffffff);
    this.#bytes[at] = value >>> 16;
    this.#bytes[at + 1] = value >>> 8;
    this.#bytes[at + 2] = value;
    return this;
  }

  u32(value: number): this {
    const at = this.#reserve(4, value, 0xffffffff);
    this.#write32(at, value);
    return this;
  }

  u64(value: number): this {
    const at = this.#reserve(8, value, Number.MAX_SAFE_INTEGER);
    this.#write32(at, Math.floor(value / 2 ** 32));
    this.#write32(at + 4, value % 2 ** 32);
    return this;
  }

  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  vector8(value: Uint8Array): this {
    return this.u8(value.length).bytes(value);
  }

  vector16(value: Uint8Array): this {
    return this.u16(value.length).bytes(value);
  }

  vector24(value: Uint8Array): this {
    return this.u24(value.length).bytes(value);
  }

  /** The bytes written, as a view of the writer's buffer. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #write32(at: number, value: number): void {
    this.#bytes[at] = value >>> 24;
    this.#bytes[at + 1] = value >>> 16;
    this.#bytes[at + 2] = value >>> 8;
    this.#bytes[at + 3] = value;
  }

  #reserve(length: number, value: number, valueMax: number): number {
    if (!Number.isInteger(value) || value < 0 || value > valueMax) {
      throw new BytesError(`${value} does not fit ${length} bytes`);
    }
    return this.#grow(length);
  }

  #grow(length: number): number {
    const at = this.#length;
    const needed = at + length;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#length = needed;
    return at;
  }
}
