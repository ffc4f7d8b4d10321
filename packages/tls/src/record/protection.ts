import { createSecretKey, type KeyObject } from 'node:crypto';
import { concatBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { ciphertextOverheadMax, plaintextLengthMax } from '../limits.ts';
import { ivLength, type SuiteParameters, tagLength } from '../suites.ts';
import { type AeadCall, openSealed, seal } from './aead.ts';
import { contentTypes } from './content-type.ts';

/** One direction under one key, as reader and writer use it whatever the version. */
export interface Protection {
  /** Records protected so far under this key. */
  readonly records: number;
  /** The most that protection may add to a record's content. */
  readonly overheadMax: number;
  /** Whether the content type is inside: in TLS 1.3 every protected record calls itself application data. */
  readonly hidesType: boolean;
  /** The whole record, header included. Versions without padding take none. */
  seal(type: number, content: Uint8Array, padding?: number): Uint8Array;
  /** The same as pieces that follow each other: joining them is a copy that not every caller needs. */
  sealPieces(type: number, content: Uint8Array, padding?: number): readonly Uint8Array[];
  open(record: Uint8Array): OpenedRecord;
  destroy(): void;
}

/**
 * TLS 1.3's record protection: nonce, sequence number, AEAD and padding (RFC 8446 §5.2–5.4).
 *
 * It owns the bytes it is given: the key's are zeroed as soon as OpenSSL has its copy (a key object costs a quarter of
 * a byte array per record), the IV's in {@link RecordProtection.destroy}. OpenSSL clears its copy when the key object is
 * collected. It does not know directions, fragmentation or when keys change.
 */
export class RecordProtection implements Protection {
  readonly overheadMax = ciphertextOverheadMax;
  readonly hidesType = true;
  readonly #suite: SuiteParameters;
  #key: KeyObject | undefined;
  readonly #iv: Uint8Array;
  /** The IV with the sequence number of the last record; a cipher copies it. */
  readonly #nonce: Uint8Array;
  #sequence = 0;

  constructor(suite: SuiteParameters, key: Uint8Array, iv: Uint8Array) {
    this.#suite = suite;
    this.#key = createSecretKey(key);
    key.fill(0);
    this.#iv = iv;
    this.#nonce = Uint8Array.from(iv);
  }

  /** Records protected so far under this key. */
  get records(): number {
    return this.#sequence;
  }

  /** `padding` zero bytes follow the inner content type. */
  seal(type: number, content: Uint8Array, padding = 0): Uint8Array {
    return concatBytes(...this.sealPieces(type, content, padding));
  }

  sealPieces(type: number, content: Uint8Array, padding = 0): readonly Uint8Array[] {
    const innerLength = content.length + 1 + padding;
    const header = headerOf(innerLength + tagLength);
    const inner = innerLength > workspace.length ? new Uint8Array(innerLength) : workspace.subarray(0, innerLength);
    inner.set(content);
    inner[content.length] = type;

    const { ciphertext, tag } = seal(this.#nextCall(header), inner);
    inner.fill(0);
    if (innerLength > joinedLengthMax) return [header, ciphertext, tag];
    const record = new Uint8Array(headerLength + innerLength + tagLength);
    record.set(header);
    record.set(ciphertext, headerLength);
    record.set(tag, headerLength + innerLength);
    return [record];
  }

  /**
   * Undoes {@link seal}; `record` is a whole one, whose header is authenticated as it came. `KS-T115` for a record that
   * this key did not protect, `KS-T110` for one without a content type.
   */
  open(record: Uint8Array): OpenedRecord {
    const inner = this.#decrypt(record);
    let end = inner.length;
    while (end > 0 && inner[end - 1] === 0) end--;
    // RFC 8446 §5.4: no non-zero octet means no content type.
    const type = end === 0 ? undefined : inner[end - 1];
    if (type === undefined) throw new KeystileError('KS-T110', 'the server sent a record that is padding only');
    // Not a Buffer, whose slice would not copy.
    const content = new Uint8Array(inner.buffer, inner.byteOffset, end - 1);
    return { type, content, innerLength: inner.length };
  }

  destroy(): void {
    this.#key = undefined;
    this.#iv.fill(0);
    this.#nonce.fill(0);
  }

  #decrypt(record: Uint8Array): Buffer {
    const payloadLength = record.length - headerLength;
    if (payloadLength < 1 + tagLength) {
      throw new KeystileError('KS-T115', `a protected record of ${payloadLength} bytes is too short`);
    }
    const inner = openSealed(this.#nextCall(record.subarray(0, headerLength)), record, headerLength);
    if (inner === undefined) {
      throw new KeystileError('KS-T115', 'a record does not decrypt under the key of this connection');
    }
    return inner;
  }

  #nextCall(additionalData: Uint8Array): AeadCall {
    return { cipher: this.#suite.cipher, key: this.#liveKey(), nonce: this.#nextNonce(), additionalData };
  }

  #liveKey(): KeyObject {
    if (this.#key === undefined) throw new KeystileError('KS-T100', 'a destroyed record key was used');
    return this.#key;
  }

  /** RFC 8446 §5.3: the 64-bit sequence number, left-padded, XORed into the IV. */
  #nextNonce(): Uint8Array {
    let left = this.#sequence++;
    for (let at = ivLength - 1; at >= ivLength - 8; at--) {
      this.#nonce[at] = (this.#iv[at] ?? 0) ^ (left & 0xff);
      left = Math.floor(left / 256);
    }
    return this.#nonce;
  }
}

export interface OpenedRecord {
  /** The inner content type's number. */
  readonly type: number;
  readonly content: Uint8Array;
  /** Content, type and padding. */
  readonly innerLength: number;
}

const headerLength = 5;

/** Content, type and padding of one record while it is sealed; all zero between two calls, which do not overlap. */
const workspace = new Uint8Array(plaintextLengthMax + 1);

/** Up to here one write of a copy is cheaper than three writes. */
const joinedLengthMax = 2048;

/** RFC 8446 §5.2: the outer type is always application_data, the version always 0x0303; this is also the AAD. */
function headerOf(length: number): Uint8Array {
  return Uint8Array.of(contentTypes.application_data, 0x03, 0x03, length >>> 8, length & 0xff);
}
