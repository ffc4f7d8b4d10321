import { hash as hashOf } from 'node:crypto';
import type { HashName } from './hkdf.ts';

/**
 * HMAC, RFC 2104: H(K ⊕ opad ‖ H(K ⊕ ipad ‖ message)). Two hashes in one call each cost half of what an HMAC object of
 * Node costs, and leave no copy of the key behind that waits for the collector.
 *
 * `message` is the caller's; the result too, and what lies in between is zeroed.
 */
export function hmac(hash: HashName, key: Uint8Array, message: Uint8Array): Uint8Array {
  const blockLength = blockLengths[hash];
  if (key.length > blockLength) {
    const short = hashOf(hash, key, 'buffer');
    const code = hmac(hash, short, message);
    short.fill(0);
    return code;
  }
  const length = blockLength + message.length;
  const work = length > workspace.length ? new Uint8Array(length) : workspace;
  fillPadded(work.subarray(0, blockLength), key, innerPad);
  work.set(message, blockLength);
  const inner = hashOf(hash, work.subarray(0, length), 'buffer');
  work.fill(0, 0, length);

  const outer = workspace.subarray(0, blockLength + inner.length);
  fillPadded(outer.subarray(0, blockLength), key, outerPad);
  outer.set(inner, blockLength);
  const code = hashOf(hash, outer, 'buffer');
  outer.fill(0);
  inner.fill(0);
  return code;
}

function fillPadded(block: Uint8Array, key: Uint8Array, pad: number): void {
  block.fill(pad);
  for (let i = 0; i < key.length; i++) block[i] = (key[i] ?? 0) ^ pad;
}

/** FIPS 180-4 §1. */
const blockLengths: Readonly<Record<HashName, number>> = { sha256: 64, sha384: 128 };
const innerPad = 0x36;
const outerPad = 0x5c;

/** Room for a key's block and what the key schedule authenticates; all zero between two calls, which do not overlap. */
const workspace = new Uint8Array(512);
