import { decode, encode } from 'cborg';

/**
 * Canonical CBOR (RFC 8949 §4.2.1): one value has one encoding, and any other is refused.
 *
 * The library decodes strictly; what it cannot refuse (the order of map keys, for one) is caught by encoding the value
 * again and comparing. Depth is bounded before the library's recursive decoder sees the bytes.
 */

/** What a statement may consist of. Maps have integer keys; text keys only where a standard wants names. */
export type CborValue = number | string | boolean | Uint8Array | readonly CborValue[] | CborMap;
export type CborMap = ReadonlyMap<number | string, CborValue>;

/** Input that is not canonical CBOR. Stays inside this package. */
export class CborError extends Error {
  override readonly name = 'CborError';
}

/** A COSE_Sign1 with the largest manifest is far below; what is larger is an attack on memory. */
const LENGTH_MAX = 65_536;
/** Statements nest four deep; the decoder is recursive and must not be led to the end of its stack. */
const DEPTH_MAX = 16;

export function encodeCbor(value: CborValue): Uint8Array {
  return encode(value);
}

/** Throws {@link CborError} for anything but the canonical encoding of one value. */
export function decodeCbor(bytes: Uint8Array): CborValue {
  if (bytes.length > LENGTH_MAX) throw new CborError(`${bytes.length} bytes where at most ${LENGTH_MAX} belong`);
  checkDepth(bytes);
  let value: CborValue;
  try {
    value = decode(bytes, {
      strict: true,
      useMaps: true,
      rejectDuplicateMapKeys: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowInfinity: false,
      allowNaN: false,
      allowBigInt: false,
    });
  } catch (error) {
    throw new CborError(error instanceof Error ? error.message : 'not CBOR');
  }
  if (!Buffer.from(encode(value)).equals(bytes)) throw new CborError('not the canonical encoding');
  return value;
}

/** Major types of RFC 8949 §3.1 that matter for nesting. */
const MAJOR_BYTES = 2;
const MAJOR_TEXT = 3;
const MAJOR_ARRAY = 4;
const MAJOR_MAP = 5;
const MAJOR_TAG = 6;

/** Walks the item heads without recursion. `open` holds how many items each enclosing container still lacks. */
function checkDepth(bytes: Uint8Array): void {
  const open: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const { major, argument, next } = headAt(bytes, at);
    at = major === MAJOR_BYTES || major === MAJOR_TEXT ? next + argument : next;
    const items = major === MAJOR_ARRAY ? argument : major === MAJOR_MAP ? 2 * argument : major === MAJOR_TAG ? 1 : 0;
    if (items > 0) {
      open.push(items);
      if (open.length > DEPTH_MAX) throw new CborError(`nested deeper than ${DEPTH_MAX}`);
      continue;
    }
    closeItem(open);
  }
}

/** One item is complete: so is each container that only waited for it. */
function closeItem(open: number[]): void {
  for (let left = open.pop(); left !== undefined; left = open.pop()) {
    if (left > 1) {
      open.push(left - 1);
      return;
    }
  }
}

function headAt(bytes: Uint8Array, at: number): { major: number; argument: number; next: number } {
  const initial = bytes[at] ?? 0;
  const major = initial >> 5;
  const information = initial & 0x1f;
  if (information < 24) return { major, argument: information, next: at + 1 };
  if (information > 27) throw new CborError('indefinite length or reserved head');
  const width = 1 << (information - 24);
  let argument = 0;
  for (let i = 1; i <= width; i++) argument = argument * 256 + (bytes[at + i] ?? 0);
  return { major, argument, next: at + 1 + width };
}
