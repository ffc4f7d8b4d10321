import { encodeUtf8 } from '@keystile/bytes';
import { FIELD_LENGTH_MAX, VARIABLE_INTEGER_MAX } from './limits.ts';
import { isWellFormedText } from './text.ts';

/** Room before the body for the longest fixed header: one byte of type and flags, four of remaining length. */
const HEADER_ROOM = 5;

/**
 * Small packets share blocks of memory, one behind the other: to make an array for each costs more than to write it. Bytes
 * that were handed out are never written again. A packet that waits somewhere keeps its block alive, so blocks are small.
 */
const BLOCK_LENGTH = 16_384;
const SHARING_MAX = 2048;
let block = new Uint8Array(BLOCK_LENGTH);
let blockAt = 0;

/**
 * Builds one packet in one piece of memory: the body is written after room for the fixed header, which `finish` puts
 * before it.
 *
 * A value that does not fit its field is the caller's misuse and throws `RangeError`.
 */
export class PacketWriter {
  #bytes: Uint8Array;
  /** Where the packet's memory begins, where the next byte goes, and where the memory ends. */
  #start: number;
  #at: number;
  #end: number;

  constructor(bodyLengthExpected: number) {
    const length = HEADER_ROOM + bodyLengthExpected;
    if (length > SHARING_MAX) {
      this.#bytes = new Uint8Array(length);
      this.#start = 0;
    } else {
      if (blockAt + length > BLOCK_LENGTH) {
        block = new Uint8Array(BLOCK_LENGTH);
        blockAt = 0;
      }
      this.#bytes = block;
      this.#start = blockAt;
      blockAt += length;
    }
    this.#at = this.#start + HEADER_ROOM;
    this.#end = this.#start + length;
  }

  u8(value: number): this {
    if ((value & 0xff) !== value) throw new RangeError(`${value} is no u8`);
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
    return this;
  }

  u16(value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > FIELD_LENGTH_MAX) throw new RangeError(`${value} is no u16`);
    this.#reserve(2);
    this.#bytes[this.#at++] = value >>> 8;
    this.#bytes[this.#at++] = value & 0xff;
    return this;
  }

  u32(value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw new RangeError(`${value} is no u32`);
    return this.u16(Math.floor(value / 0x1_0000)).u16(value & 0xffff);
  }

  variableInteger(value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > VARIABLE_INTEGER_MAX) {
      throw new RangeError(`${value} is no variable byte integer`);
    }
    let rest = value;
    while (rest > 0x7f) {
      this.u8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return this.u8(rest);
  }

  /** What the reader of the other side would refuse is refused here: a packet is never written to be thrown away. */
  text(value: string): this {
    const length = value.length;
    this.#reserve(2 + length);
    const start = this.#at;
    const bytes = this.#bytes;
    for (let at = 0; at < length; at++) {
      const unit = value.charCodeAt(at);
      if (unit < 0x20 || unit > 0x7e) return this.#longerText(value);
      bytes[start + 2 + at] = unit;
    }
    this.u16(length);
    this.#at = start + 2 + length;
    return this;
  }

  #longerText(value: string): this {
    if (!isWellFormedText(value)) throw new RangeError('a text holds what MQTT 5.0 §1.5.4 excludes');
    return this.binary(encodeUtf8(value));
  }

  binary(value: Uint8Array): this {
    return this.u16(value.length).raw(value);
  }

  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  /** Starts a property block; properties are almost always shorter than 128 bytes, so one byte is kept for the length. */
  beginProperties(): number {
    this.u8(0);
    return this.#at - this.#start;
  }

  endProperties(mark: number): void {
    const from = this.#start + mark;
    const length = this.#at - from;
    if (length <= 0x7f) {
      this.#bytes[from - 1] = length;
      return;
    }
    const body = this.#bytes.slice(from, this.#at);
    this.#at = from - 1;
    this.variableInteger(length).raw(body);
  }

  /** The whole packet. The writer must not be used after it. */
  finish(firstByte: number): Uint8Array {
    let remaining = this.#at - this.#start - HEADER_ROOM;
    if (remaining > VARIABLE_INTEGER_MAX) throw new RangeError('packet longer than MQTT can say');
    const size = remaining < 0x80 ? 1 : remaining < 0x4000 ? 2 : remaining < 0x20_0000 ? 3 : 4;
    const bodyStart = this.#start + HEADER_ROOM;
    const start = bodyStart - 1 - size;
    this.#bytes[start] = firstByte;
    for (let at = start + 1; at < bodyStart; at++) {
      this.#bytes[at] = (remaining & 0x7f) | (at < bodyStart - 1 ? 0x80 : 0);
      remaining >>>= 7;
    }
    // What was expected and not needed goes back, unless another packet was begun meanwhile.
    if (this.#bytes === block && this.#end === blockAt) blockAt = this.#at;
    return this.#bytes.subarray(start, this.#at);
  }

  #reserve(length: number): void {
    if (length > this.#end - this.#at) this.#grow(length);
  }

  /** Into memory of its own. */
  #grow(length: number): void {
    const used = this.#at - this.#start;
    const grown = new Uint8Array(Math.max(used + length, used * 2));
    grown.set(this.#bytes.subarray(this.#start, this.#at));
    this.#bytes = grown;
    this.#start = 0;
    this.#at = used;
    this.#end = grown.length;
  }
}
