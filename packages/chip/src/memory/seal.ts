import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { concatBytes } from '@keystile/bytes';

/**
 * Authenticated encryption for what rests: AES-256-GCM under a key derived for each text.
 *
 *   salt (32) = HMAC-SHA-256(key, "salt" ‖ 0 ‖ length of context (u32) ‖ context ‖ plaintext)
 *   text key  = HMAC-SHA-256(key, "text" ‖ 0 ‖ salt)
 *   sealed    = salt ‖ tag (16) ‖ AES-256-GCM(text key, nonce 0, additional data = context, plaintext)
 *
 * The salt depends on all that is sealed, so no two texts share key and nonce, whatever becomes of the random source
 * or of a generation number that is used again after a power cut. The same text sealed twice shows that it is the same.
 */
const SALT_LENGTH = 32;
const TAG_LENGTH = 16;
const NONCE = new Uint8Array(12);

export const SEAL_OVERHEAD: number = SALT_LENGTH + TAG_LENGTH;

/** `context` is not stored: the same must be given to open. */
export function seal(key: Uint8Array, context: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, context.length);
  const salt = derive(key, 'salt', length, context, plaintext);
  const cipher = createCipheriv('aes-256-gcm', derive(key, 'text', salt), NONCE);
  cipher.setAAD(context);
  const ciphertext = concatBytes(cipher.update(plaintext), cipher.final());
  return concatBytes(salt, cipher.getAuthTag(), ciphertext);
}

/** Undefined when anything is not as it was sealed: key, context or one bit. */
export function unseal(key: Uint8Array, context: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < SEAL_OVERHEAD) return undefined;
  const salt = sealed.subarray(0, SALT_LENGTH);
  const decipher = createDecipheriv('aes-256-gcm', derive(key, 'text', salt), NONCE, { authTagLength: TAG_LENGTH });
  decipher.setAAD(context);
  decipher.setAuthTag(sealed.subarray(SALT_LENGTH, SEAL_OVERHEAD));
  const text = decipher.update(sealed.subarray(SEAL_OVERHEAD));
  try {
    // GCM is a stream: all of the text has come already, and counts only once the tag does.
    decipher.final();
    return new Uint8Array(text);
  } catch {
    return undefined;
  } finally {
    text.fill(0);
  }
}

/** A key for one purpose out of another key. The parts of the input are not joined, so that none of them is copied. */
export function derive(key: Uint8Array, purpose: string, ...input: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac('sha256', key).update(purpose).update(Uint8Array.of(0));
  for (const part of input) hmac.update(part);
  return hmac.digest();
}
