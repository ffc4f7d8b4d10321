import { type CipherGCMTypes, createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { type SuiteParameters, tagLength } from '../suites.ts';

/** One call of an AEAD (RFC 5116). Nonce and key are the caller's, and so is never using the two together again. */
export interface AeadCall {
  readonly cipher: SuiteParameters['cipher'];
  readonly key: KeyObject;
  readonly nonce: Uint8Array;
  readonly additionalData: Uint8Array;
}

/** Writes ciphertext and tag to `target`, which has exactly the room for them. */
export function sealInto(target: Uint8Array, call: AeadCall, plaintext: Uint8Array): void {
  // The type knows of GCM alone; CCM needs the length in advance and is otherwise the same.
  const cipher = createCipheriv(call.cipher as CipherGCMTypes, call.key, call.nonce, { authTagLength: tagLength });
  cipher.setAAD(call.additionalData, { plaintextLength: plaintext.length });
  target.set(cipher.update(plaintext));
  cipher.final();
  target.set(cipher.getAuthTag(), plaintext.length);
}

/** The plaintext, or undefined when the tag does not fit. */
export function openSealed(call: AeadCall, sealed: Uint8Array): Uint8Array | undefined {
  const length = sealed.length - tagLength;
  if (length < 0) return undefined;
  const decipher = createDecipheriv(call.cipher as CipherGCMTypes, call.key, call.nonce, { authTagLength: tagLength });
  decipher.setAuthTag(sealed.subarray(length));
  decipher.setAAD(call.additionalData, { plaintextLength: length });
  try {
    const plaintext = decipher.update(sealed.subarray(0, length));
    decipher.final();
    return plaintext;
  } catch {
    return undefined;
  }
}
