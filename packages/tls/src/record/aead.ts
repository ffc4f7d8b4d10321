import { type CipherGCMTypes, createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { type SuiteParameters, tagLength } from '../suites.ts';

/** One call of an AEAD (RFC 5116). Nonce and key are the caller's, and so is never using the two together again. */
export interface AeadCall {
  readonly cipher: SuiteParameters['cipher'];
  readonly key: KeyObject;
  readonly nonce: Uint8Array;
  readonly additionalData: Uint8Array;
}

/** Ciphertext and tag, which follow each other on the wire: joining them is a copy that not every caller needs. */
export function seal(call: AeadCall, plaintext: Uint8Array): { readonly ciphertext: Buffer; readonly tag: Buffer } {
  // The type knows of GCM alone; CCM needs the length in advance and is otherwise the same.
  const cipher = createCipheriv(call.cipher as CipherGCMTypes, call.key, call.nonce, { authTagLength: tagLength });
  cipher.setAAD(call.additionalData, { plaintextLength: plaintext.length });
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return { ciphertext, tag: cipher.getAuthTag() };
}

/** Ciphertext and tag: `sealed` from `start`. Gives the plaintext, or undefined when the tag does not fit. */
export function openSealed(call: AeadCall, sealed: Uint8Array, start = 0): Buffer | undefined {
  const end = sealed.length - tagLength;
  const length = end - start;
  if (length < 0) return undefined;
  const decipher = createDecipheriv(call.cipher as CipherGCMTypes, call.key, call.nonce, { authTagLength: tagLength });
  decipher.setAuthTag(sealed.subarray(end));
  decipher.setAAD(call.additionalData, { plaintextLength: length });
  try {
    const plaintext = decipher.update(sealed.subarray(start, end));
    decipher.final();
    return plaintext;
  } catch {
    return undefined;
  }
}
