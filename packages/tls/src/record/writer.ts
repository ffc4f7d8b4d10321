import { KeystileError } from '@keystile/errors';
import { plaintextLengthMax } from '../limits.ts';
import { ChunkQueue } from './chunk-queue.ts';
import { type ContentType, contentTypes } from './content-type.ts';
import type { Protection } from './protection.ts';

/**
 * Content in, records out: fragments, pads, protects and queues them until they are taken (RFC 8446 §5).
 *
 * From the first key on, nothing leaves unprotected but the one change_cipher_spec of middlebox compatibility.
 */
export class RecordWriter {
  readonly #output = new ChunkQueue();
  readonly #paddingMultiple: number;
  #protection: Protection | undefined;
  #contentMax = plaintextLengthMax;
  #innerMax = plaintextLengthMax + 1;
  #recordsSent = 0;
  #changeCipherSpecSent = false;

  /** `paddingMultiple`: content plus its type byte is padded to a multiple of it; 1 pads nothing. */
  constructor(paddingMultiple: number) {
    this.#paddingMultiple = paddingMultiple;
  }

  /** Bytes that wait to be taken. */
  get backlog(): number {
    return this.#output.length;
  }

  /** Records sealed under the present key. */
  get recordsUnderKey(): number {
    return this.#protection?.records ?? 0;
  }

  useProtection(protection: Protection): void {
    this.#protection?.destroy();
    this.#protection = protection;
  }

  /** The server's record_size_limit, which counts type and padding (RFC 8449 §4). */
  limitInner(innerMax: number): void {
    this.#innerMax = Math.min(this.#innerMax, innerMax);
    this.#contentMax = Math.min(this.#contentMax, innerMax - 1);
  }

  /** The agreed max_fragment_length, RFC 6066 §4. */
  limitPlaintext(plaintextMax: number): void {
    this.#contentMax = Math.min(this.#contentMax, plaintextMax);
    this.#innerMax = Math.min(this.#innerMax, plaintextMax + 1);
  }

  /** Bytes of content that fit one record. */
  get contentMax(): number {
    return this.#contentMax;
  }

  /** `fragmentMax`: a limit for this content alone, below the agreed ones. */
  send(
    type: Exclude<ContentType, 'change_cipher_spec'>,
    content: Uint8Array,
    fragmentMax: number = this.#contentMax,
  ): void {
    if (this.#protection !== undefined) this.sendChangeCipherSpec();
    let at = 0;
    do {
      const fragment = content.subarray(at, at + Math.min(fragmentMax, this.#contentMax));
      for (const piece of this.#record(contentTypes[type], fragment)) this.#output.append(piece);
      this.#recordsSent++;
      at += fragment.length;
    } while (at < content.length);
  }

  /**
   * One in a connection. In TLS 1.3 just before our second flight, whichever message that begins with (RFC 8446 §D.4);
   * in TLS 1.2 where the keys change, so before {@link useProtection}.
   */
  sendChangeCipherSpec(): void {
    if (this.#changeCipherSpecSent) return;
    this.#changeCipherSpecSent = true;
    this.#output.append(plainRecord(contentTypes.change_cipher_spec, 0x0303, changeCipherSpec));
  }

  take(lengthMax: number): Uint8Array {
    return this.#output.take(lengthMax);
  }

  takePieces(): readonly Uint8Array[] {
    return this.#output.takePieces();
  }

  destroy(): void {
    this.#protection?.destroy();
  }

  #record(type: number, fragment: Uint8Array): readonly Uint8Array[] {
    if (this.#protection !== undefined)
      return this.#protection.sealPieces(type, fragment, this.#padding(fragment.length));
    if (type === contentTypes.application_data) throw new KeystileError('KS-T100', 'application data before any key');
    // RFC 8446 §5.1: the initial ClientHello may say 0x0301 for old middleboxes; everything after it says 0x0303.
    return [plainRecord(type, this.#recordsSent === 0 ? 0x0301 : 0x0303, fragment)];
  }

  #padding(contentLength: number): number {
    const inner = contentLength + 1;
    const padded = Math.ceil(inner / this.#paddingMultiple) * this.#paddingMultiple;
    return Math.max(0, Math.min(padded, this.#innerMax) - inner);
  }
}

const changeCipherSpec = Uint8Array.of(1);

function plainRecord(type: number, version: number, fragment: Uint8Array): Uint8Array {
  const record = new Uint8Array(5 + fragment.length);
  record.set([type, version >>> 8, version & 0xff, fragment.length >>> 8, fragment.length & 0xff]);
  record.set(fragment, 5);
  return record;
}
