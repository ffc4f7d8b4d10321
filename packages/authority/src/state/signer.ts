import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { Es256Signer } from '@keystile/cose';

/** ES256 with a key in memory. A token or a key process can take its place with the same signature. */
export function es256Signer(key: KeyObject): Es256Signer {
  return (toBeSigned) => sign('sha256', toBeSigned, { key, dsaEncoding: 'ieee-p1363' });
}

/** SubjectPublicKeyInfo of a private key, in DER. */
export function publicKeyDer(key: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }));
}

export function publicKeyPem(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'pem', type: 'spki' }).toString();
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}
