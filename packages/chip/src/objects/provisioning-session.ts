import { KeystileError } from '@keystile/errors';
import type { ObjectName } from '@keystile/link';

/**
 * What a factory line has opened and not yet ended. It lives in RAM: after a reset the line begins again, and the
 * memory holds only whole objects.
 */
export class ProvisioningSession {
  readonly lineNonce: Uint8Array;
  /** SubjectPublicKeyInfo, DER, of the key that signs the lock order. */
  readonly linePublicKey: Uint8Array;
  #staged: { readonly object: ObjectName; readonly bytes: Uint8Array; length: number } | undefined;

  constructor(lineNonce: Uint8Array, linePublicKey: Uint8Array) {
    this.lineNonce = lineNonce;
    this.linePublicKey = linePublicKey;
  }

  /** Takes the next piece of an object; gives the whole once it is complete. Throws `KS-C142`. */
  stage(piece: {
    readonly object: ObjectName;
    readonly offset: number;
    readonly total: number;
    readonly bytes: Uint8Array;
  }): Uint8Array | undefined {
    const { object, offset, total, bytes } = piece;
    if (offset === 0) this.#staged = { object, bytes: new Uint8Array(total), length: 0 };
    const staged = this.#staged;
    if (staged?.object !== object || staged.bytes.length !== total || staged.length !== offset) {
      this.#staged = undefined;
      throw new KeystileError('KS-C142', `a piece of ${object} at offset ${offset} of ${total} does not follow`);
    }
    if (offset + bytes.length > total || (bytes.length === 0 && total > 0)) {
      this.#staged = undefined;
      throw new KeystileError('KS-C142', `a piece of ${bytes.length} bytes at offset ${offset} of ${total}`);
    }
    staged.bytes.set(bytes, offset);
    staged.length += bytes.length;
    if (staged.length < total) return undefined;
    this.#staged = undefined;
    return staged.bytes;
  }
}
