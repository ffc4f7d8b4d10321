import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { HostileCredential } from './hostile-server.ts';

/** A credential, and the public key that a verifier should find in it. */
export interface Party extends HostileCredential {
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
}

/** A key pair and bytes that stand for a certificate: the verifier of a {@link Talk} reads no certificate. */
export function party(): Party {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    chain: [randomBytes(400)],
    spki: publicKey.export({ type: 'spki', format: 'der' }),
    sign: (content) => sign('sha256', content, { key: privateKey, dsaEncoding: 'der' }),
  };
}
