import { createHmac, createSecretKey } from 'node:crypto';
import { concatBytes, encodeUtf8 } from '@keystile/bytes';
import type { HashName } from '../schedule/hkdf.ts';

export interface PrfInput {
  readonly label: string;
  readonly seed: Uint8Array;
  /** Bytes of output. */
  readonly length: number;
}

/**
 * TLS 1.2's pseudorandom function, RFC 5246 §5, with the hash of the suite:
 *
 *   PRF(secret, label, seed) = HMAC(secret, A(1) + label + seed) + HMAC(secret, A(2) + label + seed) + …
 *   A(0) = label + seed,  A(i) = HMAC(secret, A(i−1))
 *
 * Intermediate values are zeroed; the output is the caller's to zero.
 */
export function prf(hash: HashName, secret: Uint8Array, { label, seed, length }: PrfInput): Uint8Array {
  const labelAndSeed = concatBytes(encodeUtf8(label), seed);
  const key = createSecretKey(secret);
  const output = new Uint8Array(length);
  let a: Uint8Array = labelAndSeed;
  for (let at = 0; at < length; ) {
    a = createHmac(hash, key).update(a).digest();
    const block = createHmac(hash, key).update(a).update(labelAndSeed).digest();
    output.set(block.subarray(0, length - at), at);
    at += block.length;
    block.fill(0);
  }
  return output;
}
