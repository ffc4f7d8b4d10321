import { type KeyObject, sign } from 'node:crypto';
import type { Es256Signer } from '@keystile/cose';

/** ES256 with a key in memory, to sign what the authority never would. */
export function es256Signer(key: KeyObject): Es256Signer {
  return (toBeSigned) => sign('sha256', toBeSigned, { key, dsaEncoding: 'ieee-p1363' });
}
