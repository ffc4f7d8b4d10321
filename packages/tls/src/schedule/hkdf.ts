import { concatBytes, encodeUtf8 } from '@keystile/bytes';
import type { SuiteParameters } from '../suites.ts';
import { hmac } from './hmac.ts';

/**
 * HKDF (RFC 5869) and HKDF-Expand-Label (RFC 8446 §7.1), built on {@link hmac}: OpenSSL's own HKDF costs four times as
 * much through Node, and a handshake makes some twenty calls.
 */
export type HashName = SuiteParameters['hash'];

export function hkdfExtract(hash: HashName, salt: Uint8Array, keyMaterial: Uint8Array): Uint8Array {
  return hmac(hash, salt, keyMaterial);
}

export interface ExpandLabel {
  /** Without its "tls13 " prefix. */
  readonly label: string;
  readonly context: Uint8Array;
  readonly length: number;
}

export function hkdfExpandLabel(
  hash: HashName,
  secret: Uint8Array,
  { label, context, length }: ExpandLabel,
): Uint8Array {
  return hkdfExpand(hash, secret, { info: labelInfo(prefixed(label), context, length), length });
}

/** The structure HkdfLabel: both vectors have one byte of length. */
function labelInfo(label: Uint8Array, context: Uint8Array, length: number): Uint8Array {
  const info = new Uint8Array(4 + label.length + context.length);
  info[0] = length >>> 8;
  info[1] = length;
  info[2] = label.length;
  info.set(label, 3);
  info[3 + label.length] = context.length;
  info.set(context, 4 + label.length);
  return info;
}

/** The schedule's own labels are few; those of exporters are their callers', so there is a limit. */
const kept = new Map<string, Uint8Array>();
const keptMax = 32;

function prefixed(label: string): Uint8Array {
  const known = kept.get(label);
  if (known !== undefined) return known;
  const encoded = encodeUtf8(`tls13 ${label}`);
  if (kept.size < keptMax) kept.set(label, encoded);
  return encoded;
}

export interface Expand {
  readonly info: Uint8Array;
  readonly length: number;
}

/** RFC 5869 §2.3. */
export function hkdfExpand(hash: HashName, secret: Uint8Array, { info, length }: Expand): Uint8Array {
  // The counter is one byte.
  if (length > 255 * hashLengths[hash]) throw new RangeError(`${length} bytes out of one secret`);
  const output = new Uint8Array(length);
  let block: Uint8Array = new Uint8Array(0);
  let at = 0;
  for (let counter = 1; at < length; counter++) {
    const input = concatBytes(block, info, Uint8Array.of(counter));
    const next = hmac(hash, secret, input);
    input.fill(0);
    block.fill(0);
    block = next;
    output.set(block.subarray(0, length - at), at);
    at += block.length;
  }
  block.fill(0);
  return output;
}

const hashLengths: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48 };
