/**
 * Private keys of a NIST curve out of random bytes: rejection sampling, FIPS 186-5 §A.2.2. A candidate is as long as the
 * order, so that no value is more likely than another; of P-256 one in 2^32 is too large, of P-384 one in 2^194.
 */
const orders = {
  'P-256': 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  'P-384': 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
} as const;

export type NistCurve = keyof typeof orders;

/** Candidates before the source counts as broken: chance rejects so many in a row once in 2^256 or more. */
const CANDIDATES_MAX = 8;

/** A scalar from 1 to n − 1, for the caller to zero. Throws `RangeError` when `random` gives nothing that can be one. */
export function nistPrivateKey(curve: NistCurve, random: (length: number) => Uint8Array): Uint8Array {
  const order = Buffer.from(orders[curve], 'hex');
  for (let tries = 0; tries < CANDIDATES_MAX; tries++) {
    const candidate = random(order.length);
    if (candidate.length === order.length && addOneWithin(candidate, order)) return candidate;
    candidate.fill(0);
  }
  throw new RangeError(`${CANDIDATES_MAX} candidates in a row were no private key of ${curve}`);
}

/** d = c + 1, when that is below the order. How long it takes does not depend on the candidate. */
function addOneWithin(candidate: Uint8Array, order: Uint8Array): boolean {
  let carry = 1;
  let borrow = 0;
  for (let at = order.length - 1; at >= 0; at--) {
    const sum = (candidate[at] ?? 0) + carry;
    candidate[at] = sum & 0xff;
    carry = sum >> 8;
    // The borrow of d − n, byte by byte: d is below n when one is left at the end.
    borrow = ((sum & 0xff) - (order[at] ?? 0) - borrow) >>> 31;
  }
  return carry === 0 && borrow === 1;
}
