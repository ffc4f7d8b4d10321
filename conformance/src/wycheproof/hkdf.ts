import { equalPublicBytes } from '@keystile/bytes';
import { type HashName, hkdfExpand, hkdfExtract } from '../../../packages/tls/src/schedule/hkdf.ts';
import { bytesOf, type Judge, verdict } from './vectors.ts';

/** Extract and expand, as the key schedule calls them; labels are the schedule's own and have their tests there. */
export function judgeHkdf(hash: HashName): Judge {
  return (_group, vector) => {
    const secret = hkdfExtract(hash, bytesOf(vector, 'salt'), bytesOf(vector, 'ikm'));
    const output = expanded(hash, secret, { info: bytesOf(vector, 'info'), length: vector.size ?? 0 });
    if (output === undefined) return [verdict(vector, 'refused')];
    return [verdict(vector, equalPublicBytes(output, bytesOf(vector, 'okm')) ? 'right' : 'wrong')];
  };
}

function expanded(
  hash: HashName,
  secret: Uint8Array,
  request: Parameters<typeof hkdfExpand>[2],
): Uint8Array | undefined {
  try {
    return hkdfExpand(hash, secret, request);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
