import { BytesError, decodeUtf8 } from '@keystile/bytes';
import type { KnownTexts } from './known-texts.ts';
import { type FaultContext, MqttError, type MqttFault } from './mqtt-error.ts';
import { isWellFormedText } from './text.ts';

/** Strings up to this length are built character by character, which is faster than a call of the decoder. */
const SHORT_TEXT_MAX = 48;

/**
 * A cursor over the body of one packet. Every read is bounds-checked and a fault is an {@link MqttError} that knows its
 * packet. Slices share memory with the input: copy what must outlive the chunk that the transport delivered.
 */
export class PacketReader {
  #bytes: Uint8Array;
  #context: FaultContext;
  #offset: number;
  #end: number;

  constructor(bytes: Uint8Array, context: FaultContext) {
    this.#bytes = bytes;
    this.#context = context;
    this.#offset = 0;
    this.#end = bytes.length;
  }

  /** Begins anew with the bytes from `start` to `end`, for whoever reads many packets. */
  open(bytes: Uint8Array, range: { readonly start: number; readonly end: number }, context: FaultContext): void {
    this.#bytes = bytes;
    this.#context = context;
    this.#offset = range.start;
    this.#end = range.end;
  }

  get context(): FaultContext {
    return this.#context;
  }

  get remaining(): number {
    return this.#end - this.#offset;
  }

  fault(fault: MqttFault, detail: string): MqttError {
    return new MqttError(fault, this.context, detail);
  }

  u8(): number {
    return this.#bytes[this.#advance(1)] ?? 0;
  }

  u16(): number {
    const at = this.#advance(2);
    return ((this.#bytes[at] ?? 0) << 8) | (this.#bytes[at + 1] ?? 0);
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16();
  }

  /** A variable byte integer in its shortest form [MQTT-1.5.5-1]. */
  variableInteger(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (byte === 0 && shift > 0)
          throw this.fault('variable-integer', 'variable byte integer is not in its shortest form');
        return value;
      }
    }
    throw this.fault('variable-integer', 'variable byte integer is longer than four bytes');
  }

  /** A UTF-8 string: strict, without U+0000, control characters and non-characters [MQTT-1.5.4-1, -2]. */
  text(): string {
    const length = this.u16();
    const start = this.#advance(length);
    const bytes = this.#bytes;
    const end = start + length;
    let plain = length <= SHORT_TEXT_MAX;
    let short = '';
    for (let at = start; plain && at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte < 0x20 || byte > 0x7e) plain = false;
      else short += String.fromCharCode(byte);
    }
    return plain ? short : this.#decode(bytes.subarray(start, end));
  }

  /** The next text when `known` has it, which is then read; undefined when it has to be read and judged. */
  knownText(known: KnownTexts): string | undefined {
    const start = this.#offset + 2;
    const length = this.remaining < 2 ? 0 : ((this.#bytes[start - 2] ?? 0) << 8) | (this.#bytes[start - 1] ?? 0);
    if (length === 0 || length > this.#end - start) return undefined;
    const text = known.find(this.#bytes, start, length);
    if (text !== undefined) this.#offset = start + length;
    return text;
  }

  binary(): Uint8Array {
    return this.bytes(this.u16());
  }

  bytes(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** Narrows the cursor to the next `length` bytes; `widen` takes the returned end to undo it. */
  narrow(length: number): number {
    if (length > this.remaining) throw this.fault('truncated', `${length} bytes of properties, ${this.remaining} left`);
    const outerEnd = this.#end;
    this.#end = this.#offset + length;
    return outerEnd;
  }

  widen(outerEnd: number): void {
    this.#end = outerEnd;
  }

  end(): void {
    if (this.remaining > 0) throw this.fault('trailing-bytes', `${this.remaining} bytes left over`);
  }

  #decode(bytes: Uint8Array): string {
    try {
      const text = decodeUtf8(bytes);
      if (isWellFormedText(text)) return text;
    } catch (error) {
      if (!(error instanceof BytesError)) throw error;
    }
    throw this.fault('utf8', 'a string is not well-formed UTF-8, or holds a control character or a non-character');
  }

  #advance(length: number): number {
    const at = this.#offset;
    if (length > this.#end - at) throw this.fault('truncated', `need ${length} bytes, ${this.#end - at} left`);
    this.#offset = at + length;
    return at;
  }
}
