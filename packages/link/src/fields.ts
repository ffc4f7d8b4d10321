import { ByteReader, BytesError, ByteWriter, decodeUtf8, encodeUtf8 } from '@keystile/bytes';

/**
 * Field codecs: the small vocabulary in which every command and every public object of the part is described.
 *
 * One description gives the encoder, the decoder, the TypeScript type and (through `layout`) the line in the protocol
 * reference. Decoding is strict: a value outside its range, a length over its limit or a byte left over throws
 * `BytesError`. Byte strings that a decoder returns share memory with the input.
 */
export interface Field<T> {
  /** How the bytes lie, in the notation of the protocol reference, for example `u16` or `bytes16 ≤ 1024`. */
  readonly layout: string;
  read(reader: ByteReader): T;
  write(writer: ByteWriter, value: T): void;
}

/** The TypeScript type that a field carries. */
export type ValueOf<F> = F extends Field<infer T> ? T : never;

export const u8: Field<number> = {
  layout: 'u8',
  read: (reader) => reader.u8(),
  write: (writer, value) => void writer.u8(value),
};

export const u16: Field<number> = {
  layout: 'u16',
  read: (reader) => reader.u16(),
  write: (writer, value) => void writer.u16(value),
};

export const u32: Field<number> = {
  layout: 'u32',
  read: (reader) => reader.u32(),
  write: (writer, value) => void writer.u32(value),
};

/** Milliseconds and counters; at most 2^53 − 1. */
export const u64: Field<number> = {
  layout: 'u64',
  read: (reader) => reader.u64(),
  write: (writer, value) => void writer.u64(value),
};

/** One byte, 0 or 1; nothing else is accepted. */
export const flag: Field<boolean> = {
  layout: 'flag',
  read: (reader) => {
    const value = reader.u8();
    if (value > 1) throw new BytesError(`${value} is not a flag`);
    return value === 1;
  },
  write: (writer, value) => void writer.u8(value ? 1 : 0),
};

/** Exactly `length` bytes, for example a digest or a nonce. */
export function fixed(length: number): Field<Uint8Array> {
  return {
    layout: `bytes[${length}]`,
    read: (reader) => reader.bytes(length),
    write: (writer, value) => {
      if (value.length !== length) throw new BytesError(`${value.length} bytes where ${length} belong`);
      writer.bytes(value);
    },
  };
}

/** Up to `lengthMax` bytes after a 16-bit length. */
export function bytes16(lengthMax: number): Field<Uint8Array> {
  return {
    layout: `bytes16 ≤ ${lengthMax}`,
    read: (reader) => limited(reader.vector16(), lengthMax),
    write: (writer, value) => void writer.vector16(limited(value, lengthMax)),
  };
}

/** UTF-8 of up to `lengthMax` bytes (at most 65,535) after a 16-bit length. */
export function text(lengthMax: number): Field<string> {
  return {
    layout: `text ≤ ${lengthMax}`,
    read: (reader) => decodeUtf8(limited(reader.vector16(), lengthMax)),
    write: (writer, value) => void writer.vector16(limited(encodeUtf8(value), lengthMax)),
  };
}

/** One byte: the position of the value in `names`. The order is part of the protocol and only grows at its end. */
export function choice<const Name extends string>(names: readonly Name[]): Field<Name> {
  return {
    layout: `choice(${names.join(' | ')})`,
    read: (reader) => {
      const position = reader.u8();
      const name = names[position];
      if (name === undefined) throw new BytesError(`${position} is none of ${names.join(', ')}`);
      return name;
    },
    write: (writer, value) => void writer.u8(names.indexOf(value)),
  };
}

/** Up to `countMax` items (at most 255) after an 8-bit count. */
export function list<T>(item: Field<T>, countMax: number): Field<readonly T[]> {
  const check = (count: number): void => {
    if (count > countMax) throw new BytesError(`${count} items where at most ${countMax} belong`);
  };
  return {
    layout: `list(${item.layout}) ≤ ${countMax}`,
    read: (reader) => {
      const count = reader.u8();
      check(count);
      return Array.from({ length: count }, () => item.read(reader));
    },
    write: (writer, value) => {
      check(value.length);
      writer.u8(value.length);
      for (const each of value) item.write(writer, each);
    },
  };
}

/** A flag, and the value only when the flag is 1. */
export function optional<T>(item: Field<T>): Field<T | undefined> {
  return {
    layout: `optional(${item.layout})`,
    read: (reader) => (flag.read(reader) ? item.read(reader) : undefined),
    write: (writer, value) => {
      flag.write(writer, value !== undefined);
      if (value !== undefined) item.write(writer, value);
    },
  };
}

/** What a list of named fields is as a TypeScript object. */
export type RecordOf<Shape> = { readonly [Name in keyof Shape]: ValueOf<Shape[Name]> };

/** Named fields, one after the other in the order in which they are written down. */
export function record<const Shape extends Record<string, Field<never> | Field<unknown>>>(
  shape: Shape,
): Field<RecordOf<Shape>> & { readonly shape: Shape } {
  const entries = Object.entries(shape) as [string, Field<unknown>][];
  return {
    shape,
    layout: `{ ${entries.map(([name, field]) => `${name}: ${field.layout}`).join(', ')} }`,
    read: (reader) => {
      const values: Record<string, unknown> = {};
      for (const [name, field] of entries) values[name] = field.read(reader);
      return values as RecordOf<Shape>;
    },
    write: (writer, value) => {
      const values = value as Record<string, unknown>;
      for (const [name, field] of entries) field.write(writer, values[name]);
    },
  };
}

/** Decodes all of `bytes` as one field; throws `BytesError`, also for bytes left over. */
export function decodeField<T>(field: Field<T>, bytes: Uint8Array): T {
  const reader = new ByteReader(bytes);
  const value = field.read(reader);
  reader.end();
  return value;
}

export function encodeField<T>(field: Field<T>, value: T): Uint8Array {
  const writer = new ByteWriter();
  field.write(writer, value);
  return writer.finish();
}

function limited(bytes: Uint8Array, lengthMax: number): Uint8Array {
  if (bytes.length > lengthMax) throw new BytesError(`${bytes.length} bytes where at most ${lengthMax} belong`);
  return bytes;
}
