import type { KeyObject } from 'node:crypto';
import { KeystileError } from '@keystile/errors';
import { CborError, type CborMap, type CborValue, decodeCbor, encodeCbor } from './cbor.ts';
import { type Es256Signer, signStatement, verifyStatement } from './sign1.ts';

/**
 * Typed statements: a content type and, for each integer key of the payload map, a checked field.
 *
 * Reading is strict: every field that is stated must be there, no other may, and each value is inside its limits.
 */
export interface StatementField<T> {
  readonly key: number;
  /** Throws `CborError` when the value is not of this kind. */
  read(value: CborValue): T;
  write(value: T): CborValue;
}

// biome-ignore lint/suspicious/noExplicitAny: the shape of a statement ranges over fields of every type
type Shape = Readonly<Record<string, StatementField<any>>>;

type FieldsOf<S extends Shape> = { readonly [Name in keyof S]: S[Name] extends StatementField<infer T> ? T : never };

export interface StatementKind<T> {
  readonly contentType: string;
  encode(value: T): Uint8Array;
  /** Throws `KS-S103`. */
  decode(payload: Uint8Array): T;
  /** `keyId` says which key signs, where a verifier has several to choose from. */
  sign(value: T, sign: Es256Signer, keyId?: Uint8Array): Promise<Uint8Array>;
  /** Verifies content type and signature, then reads the fields. Throws `KS-S100` to `KS-S103`. */
  verify(statement: Uint8Array, publicKey: Uint8Array | KeyObject): T;
}

/** `name` becomes the content type `application/keystile-<name>+cbor`. */
export function statementKind<const S extends Shape>(name: string, shape: S): StatementKind<FieldsOf<S>> {
  const contentType = `application/keystile-${name}+cbor`;
  const encodePayload = (value: FieldsOf<S>): Uint8Array => encodeCbor(encodeFields(shape, value));
  const decodePayload = (payload: Uint8Array): FieldsOf<S> => {
    try {
      return decodeFields(shape, decodeCbor(payload));
    } catch (error) {
      if (error instanceof CborError) throw new KeystileError('KS-S103', `${name}: ${error.message}`);
      throw error;
    }
  };
  return {
    contentType,
    encode: encodePayload,
    decode: decodePayload,
    sign: (value, sign, keyId) =>
      signStatement({ contentType, payload: encodePayload(value), sign, ...(keyId === undefined ? {} : { keyId }) }),
    verify: (statement, publicKey) => decodePayload(verifyStatement(statement, { contentType, publicKey })),
  };
}

function encodeFields<S extends Shape>(shape: S, value: FieldsOf<S>): CborMap {
  const entries = Object.entries(shape).map(([name, field]): [number, CborValue] => [
    field.key,
    field.write(value[name]),
  ]);
  return new Map(entries.toSorted(([a], [b]) => a - b));
}

function decodeFields<S extends Shape>(shape: S, value: CborValue): FieldsOf<S> {
  if (!(value instanceof Map)) throw new CborError('the payload is a map');
  const map = value as CborMap;
  const entries = Object.entries(shape);
  if (map.size !== entries.length) throw new CborError(`${map.size} fields where ${entries.length} belong`);
  const fields = entries.map(([name, field]) => {
    const item = map.get(field.key);
    if (item === undefined) throw new CborError(`${name} is missing`);
    try {
      return [name, field.read(item)];
    } catch (error) {
      throw error instanceof CborError ? new CborError(`${name}: ${error.message}`) : error;
    }
  });
  return Object.fromEntries(fields) as FieldsOf<S>;
}

/** An unsigned integer below 2^53: versions, milliseconds. */
export function uint(key: number, max: number = Number.MAX_SAFE_INTEGER): StatementField<number> {
  return {
    key,
    write: (value) => value,
    read: (value) => {
      if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max) {
        throw new CborError(`not an integer from 0 to ${max}`);
      }
      return value;
    },
  };
}

/** Text of at least one and at most `lengthMax` UTF-16 units. */
export function text(key: number, lengthMax: number): StatementField<string> {
  return {
    key,
    write: (value) => value,
    read: (value) => {
      if (typeof value !== 'string' || value.length === 0 || value.length > lengthMax) {
        throw new CborError(`not text of 1 to ${lengthMax} characters`);
      }
      return value;
    },
  };
}

/** A byte string of `lengthMin` to `lengthMax` bytes. */
export function bytes(key: number, lengthMin: number, lengthMax: number = lengthMin): StatementField<Uint8Array> {
  return {
    key,
    write: (value) => value,
    read: (value) => {
      if (!(value instanceof Uint8Array) || value.length < lengthMin || value.length > lengthMax) {
        throw new CborError(`not ${lengthMin === lengthMax ? lengthMin : `${lengthMin} to ${lengthMax}`} bytes`);
      }
      return value;
    },
  };
}

/** One of a few words. */
export function word<const Word extends string>(key: number, words: readonly Word[]): StatementField<Word> {
  return {
    key,
    write: (value) => value,
    read: (value) => {
      const found = words.find((each) => each === value);
      if (found === undefined) throw new CborError(`none of ${words.join(', ')}`);
      return found;
    },
  };
}

/** True or false. */
export function flag(key: number): StatementField<boolean> {
  return {
    key,
    write: (value) => value,
    read: (value) => {
      if (typeof value !== 'boolean') throw new CborError('neither true nor false');
      return value;
    },
  };
}

/** A map of its own inside the statement. */
export function record<const S extends Shape>(key: number, shape: S): StatementField<FieldsOf<S>> {
  return {
    key,
    write: (value) => encodeFields(shape, value),
    read: (value) => decodeFields(shape, value),
  };
}

/** Up to `countMax` maps of the same shape, each under a name of 1 to `nameMax` characters. */
export function recordsByName<const S extends Shape>(
  key: number,
  shape: S,
  { countMax, nameMax }: { readonly countMax: number; readonly nameMax: number },
): StatementField<ReadonlyMap<string, FieldsOf<S>>> {
  return {
    key,
    write: (values) => new Map(Array.from(values, ([name, value]) => [name, encodeFields(shape, value)])),
    read: (value) => {
      if (!(value instanceof Map) || value.size > countMax) throw new CborError(`not a map of at most ${countMax}`);
      const entries = Array.from(value as CborMap, ([name, item]): [string, FieldsOf<S>] => {
        if (typeof name === 'string' && name.length > 0 && name.length <= nameMax) {
          return [name, decodeFields(shape, item)];
        }
        throw new CborError(`a name that is not text of 1 to ${nameMax} characters`);
      });
      return new Map(entries);
    },
  };
}

/** An array of up to `countMax` maps of the same shape. */
export function listOf<const S extends Shape>(
  key: number,
  shape: S,
  countMax: number,
): StatementField<readonly FieldsOf<S>[]> {
  return {
    key,
    write: (values) => values.map((value) => encodeFields(shape, value)),
    read: (value) => {
      if (!Array.isArray(value) || value.length > countMax) throw new CborError(`not an array of at most ${countMax}`);
      return value.map((item: CborValue) => decodeFields(shape, item));
    },
  };
}

/** An array of up to `countMax` texts of 1 to `lengthMax` UTF-16 units. */
export function texts(key: number, countMax: number, lengthMax: number): StatementField<readonly string[]> {
  return arrayOf(text(key, lengthMax), countMax);
}

/** An array of some of a few words, each at most once. */
export function wordsOf<const Word extends string>(
  key: number,
  words: readonly Word[],
): StatementField<readonly Word[]> {
  const field = arrayOf(word(key, words), words.length);
  return {
    ...field,
    read: (value) => {
      const found = field.read(value);
      if (new Set(found).size < found.length) throw new CborError('a word twice');
      return found;
    },
  };
}

function arrayOf<T>(item: StatementField<T>, countMax: number): StatementField<readonly T[]> {
  return {
    key: item.key,
    write: (values) => values.map((value) => item.write(value)),
    read: (value) => {
      if (!Array.isArray(value) || value.length > countMax) throw new CborError(`not an array of at most ${countMax}`);
      return value.map((each: CborValue) => item.read(each));
    },
  };
}

type Variant<Shapes extends Readonly<Record<string, Shape>>> = {
  [Kind in keyof Shapes & string]: { readonly kind: Kind } & FieldsOf<Shapes[Kind]>;
}[keyof Shapes & string];

/** The key of an item's kind among its own fields, which begin at 1. */
const KIND_KEY = 0;

/** An array of 1 to `countMax` maps, each of one of several shapes, which its kind (key 0) names. */
export function variantsOf<const Shapes extends Readonly<Record<string, Shape>>>(
  key: number,
  shapes: Shapes,
  countMax: number,
): StatementField<readonly Variant<Shapes>[]> {
  const kind = word(KIND_KEY, Object.keys(shapes));
  return {
    key,
    write: (values) =>
      values.map((value) => {
        const { kind: name, ...fields } = value as { readonly kind: string };
        return new Map([[KIND_KEY, name], ...encodeFields(shapes[name] ?? {}, fields)]);
      }),
    read: (value) => {
      if (!Array.isArray(value) || value.length === 0 || value.length > countMax) {
        throw new CborError(`not an array of 1 to ${countMax}`);
      }
      return value.map((item: CborValue) => {
        if (!(item instanceof Map)) throw new CborError('an item is a map');
        const map = item as CborMap;
        const name = kind.read(map.get(KIND_KEY) ?? '');
        const fields = new Map([...map].filter(([each]) => each !== KIND_KEY));
        return { kind: name, ...decodeFields(shapes[name] ?? {}, fields) } as Variant<Shapes>;
      });
    },
  };
}
