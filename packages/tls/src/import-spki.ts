import { createPublicKey, type KeyObject } from 'node:crypto';

/**
 * A DER SubjectPublicKeyInfo as a key. By way of a PEM text, because Node tells what an object is by trying and throwing:
 * given one, an import takes twice to three times as long. Throws what Node throws.
 */
export function importSpki(spki: Uint8Array): KeyObject {
  const base64 = Buffer.from(spki.buffer, spki.byteOffset, spki.length).toString('base64');
  const lines = base64.length > 64 ? base64.replace(/.{64}/g, '$&\n') : base64;
  return createPublicKey(`-----BEGIN PUBLIC KEY-----\n${lines}\n-----END PUBLIC KEY-----\n`);
}
