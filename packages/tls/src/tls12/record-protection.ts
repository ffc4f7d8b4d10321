import { type CipherGCMTypes, createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { KeystileError } from '@keystile/errors';
import type { OpenedRecord, Protection } from '../record/protection.ts';
import { type SuiteParameters, tagLength } from '../suites.ts';

/**
 * TLS 1.2's AEAD record protection (RFC 5246 §6.2.3.3), GCM as RFC 5288 §3 and CCM as RFC 6655 §3 have it:
 *
 *   record = type ‖ 0x0303 ‖ length ‖ explicit nonce (8) ‖ ciphertext ‖ tag (16)
 *   nonce  = salt (4, from the key block) ‖ explicit nonce; ours is the sequence number, so that none comes twice
 *   AAD    = sequence number (8) ‖ type ‖ 0x0303 ‖ length of the content
 *
 * There is no padding, and the content type is authenticated in the clear. Ownership is as in TLS 1.3's: the key's
 * bytes are zeroed at once, the salt's in {@link Tls12RecordProtection.destroy}.
 */
export class Tls12RecordProtection implements Protection {
  readonly overheadMax = explicitNonceLength + tagLength;
  readonly hidesType = false;
  readonly #cipher: SuiteParameters['cipher'];
  readonly #salt: Uint8Array;
  #key: KeyObject | undefined;
  #sequence = 0;

  constructor({ cipher }: SuiteParameters, key: Uint8Array, salt: Uint8Array) {
    this.#cipher = cipher;
    this.#key = createSecretKey(key);
    key.fill(0);
    this.#salt = salt;
  }

  get records(): number {
    return this.#sequence;
  }

  sealPieces(type: number, content: Uint8Array): readonly Uint8Array[] {
    return [this.seal(type, content)];
  }

  seal(type: number, content: Uint8Array): Uint8Array {
    const record = new Uint8Array(headerLength + this.overheadMax + content.length);
    writeHeader(record, type, record.length - headerLength);
    new DataView(record.buffer).setBigUint64(headerLength, BigInt(this.#sequence));
    const explicitNonce = record.subarray(headerLength, headerLength + explicitNonceLength);

    const cipher = createCipheriv(this.#cipher as CipherGCMTypes, this.#liveKey(), this.#nonce(explicitNonce), {
      authTagLength: tagLength,
    });
    cipher.setAAD(this.#additionalData(record, content.length), { plaintextLength: content.length });
    record.set(cipher.update(content), headerLength + explicitNonceLength);
    cipher.final();
    record.set(cipher.getAuthTag(), record.length - tagLength);
    this.#sequence++;
    return record;
  }

  /** `KS-T115` for a record that this key did not protect, or not at this place in the sequence. */
  open(record: Uint8Array): OpenedRecord {
    const payload = record.subarray(headerLength);
    const length = payload.length - this.overheadMax;
    if (length < 0) throw new KeystileError('KS-T115', `a protected record of ${payload.length} bytes is too short`);
    const nonce = this.#nonce(payload.subarray(0, explicitNonceLength));
    const decipher = createDecipheriv(this.#cipher as CipherGCMTypes, this.#liveKey(), nonce, {
      authTagLength: tagLength,
    });
    decipher.setAuthTag(payload.subarray(payload.length - tagLength));
    decipher.setAAD(this.#additionalData(record, length), { plaintextLength: length });
    this.#sequence++;
    try {
      const decrypted = decipher.update(payload.subarray(explicitNonceLength, explicitNonceLength + length));
      decipher.final();
      // Not a Buffer, whose slice would not copy.
      const content = new Uint8Array(decrypted.buffer, decrypted.byteOffset, decrypted.length);
      return { type: record[0] ?? 0, content, innerLength: content.length };
    } catch {
      throw new KeystileError('KS-T115', 'a record does not decrypt under the key of this connection');
    }
  }

  destroy(): void {
    this.#key = undefined;
    this.#salt.fill(0);
  }

  #liveKey(): KeyObject {
    if (this.#key === undefined) throw new KeystileError('KS-T100', 'a destroyed record key was used');
    return this.#key;
  }

  #nonce(explicitNonce: Uint8Array): Uint8Array {
    const nonce = new Uint8Array(saltLength + explicitNonceLength);
    nonce.set(this.#salt);
    nonce.set(explicitNonce, saltLength);
    return nonce;
  }

  /** Type and version as the record's header has them. */
  #additionalData(record: Uint8Array, contentLength: number): Uint8Array {
    const data = new Uint8Array(13);
    const view = new DataView(data.buffer);
    view.setBigUint64(0, BigInt(this.#sequence));
    data.set(record.subarray(0, 3), 8);
    view.setUint16(11, contentLength);
    return data;
  }
}

/** RFC 5288 §3 and RFC 6655 §3: the part of the nonce that comes from the key block. */
export const saltLength = 4;

const explicitNonceLength = 8;
const headerLength = 5;

function writeHeader(target: Uint8Array, type: number, length: number): void {
  target.set([type, 0x03, 0x03, length >>> 8, length & 0xff]);
}
