import { KeystileError } from '@keystile/errors';
import { protocolVersions } from '../codepoints.ts';
import { changeCipherSpecsMax, emptyRecordsMax, plaintextLengthMax } from '../limits.ts';
import { contentTypes } from './content-type.ts';
import type { Protection } from './protection.ts';
import { ReceivedBytes } from './received-bytes.ts';

/** One record's content, decrypted. change_cipher_spec comes out in TLS 1.2 alone: TLS 1.3 drops it here. */
export interface InboundRecord {
  readonly type: 'alert' | 'handshake' | 'application_data' | 'change_cipher_spec';
  readonly content: Uint8Array;
  /** Whether it arrived under a key. Application data never comes out unprotected. */
  readonly isProtected: boolean;
}

/**
 * Received bytes in, decrypted records out (RFC 8446 §5, RFC 5246 §6.2).
 *
 * It enforces what a record may be; it does not know handshake messages, and does not decide when keys change. What comes
 * out in the clear lies in the memory that was fed, and is valid until the next call; what was decrypted is the taker's.
 */
export class RecordReader {
  readonly #received = new ReceivedBytes();
  #protection: Protection | undefined;
  #plaintextMax = plaintextLengthMax;
  #innerMax = plaintextLengthMax + 1;
  #recordsSeen = 0;
  #emptyInARow = 0;
  #changeCipherSpecs = 0;
  #acceptsChangeCipherSpec = true;
  #isTls12 = false;

  /** Received bytes that no record has been made of yet. */
  get backlog(): number {
    return this.#received.length;
  }

  /** Records opened under the present key. */
  get recordsUnderKey(): number {
    return this.#protection?.records ?? 0;
  }

  /** `bytes` are read where they are, until {@link RecordReader.keep}. */
  feed(bytes: Uint8Array): void {
    this.#received.feed(bytes);
  }

  /** Copies what no record has been made of yet: the memory that was fed is its owner's again. */
  keep(): void {
    this.#received.keep();
  }

  useProtection(protection: Protection): void {
    this.#protection?.destroy();
    this.#protection = protection;
  }

  /** Our own record_size_limit (content type and padding included, RFC 8449 §4), once the server has accepted it. */
  limitInner(innerMax: number): void {
    this.#innerMax = innerMax;
  }

  /** The agreed max_fragment_length, RFC 6066 §4. */
  limitPlaintext(plaintextMax: number): void {
    this.#plaintextMax = plaintextMax;
  }

  /** RFC 8446 §5: a change_cipher_spec after the peer's Finished is an unexpected record. */
  refuseChangeCipherSpec(): void {
    this.#acceptsChangeCipherSpec = false;
  }

  /** The server chose TLS 1.2: change_cipher_spec has a meaning from now on, and a record's version is binding. */
  useTls12(): void {
    if (this.#changeCipherSpecs > 0) {
      throw new KeystileError('KS-T110', 'a change_cipher_spec record came before the ServerHello of TLS 1.2');
    }
    this.#isTls12 = true;
  }

  /** The next whole record, or undefined until more bytes come. `midMessage`: a handshake message is incomplete. */
  next(midMessage: boolean): InboundRecord | undefined {
    for (;;) {
      const raw = this.#nextRaw();
      if (raw === undefined) return undefined;
      if (raw.type === contentTypes.change_cipher_spec) {
        if (this.#isTls12) return this.#deliverChangeCipherSpec(payloadOf(raw), midMessage);
        this.#dropChangeCipherSpec(payloadOf(raw), midMessage);
      } else return this.#limitEmpty(this.#protection === undefined ? plain(raw) : this.#open(raw, this.#protection));
    }
  }

  destroy(): void {
    this.#protection?.destroy();
    this.#received.clear();
  }

  #nextRaw(): RawRecord | undefined {
    const received = this.#received;
    const [type, major, minor] = [received.at(0), received.at(1), received.at(2)];
    if (this.#recordsSeen === 0) refuseForeignProtocol(type, major);
    const [high, low] = [received.at(3), received.at(4)];
    if (type === undefined || major === undefined || high === undefined || low === undefined) return undefined;
    if (type < contentTypes.change_cipher_spec || type > contentTypes.application_data || major !== 3) {
      throw new KeystileError('KS-T110', `a record of unknown content type ${type}`);
    }
    // RFC 8446 §5.1 has the version ignored; RFC 5246 §6.2.1 says which one it is.
    if (this.#isTls12 && minor !== (protocolVersions.tls12 & 0xff)) {
      throw new KeystileError('KS-T112', `a record of the version 3.${minor} in a TLS 1.2 connection`);
    }
    const length = (high << 8) | low;
    const lengthMax = this.#plaintextMax + (this.#protection?.overheadMax ?? 0);
    if (length > lengthMax)
      throw new KeystileError('KS-T116', `a record of ${length} bytes, where ${lengthMax} is the most`);
    if (received.length < headerLength + length) return undefined;
    this.#recordsSeen++;
    return { type, record: received.take(headerLength + length) };
  }

  #open(raw: RawRecord, protection: Protection): InboundRecord {
    if (protection.hidesType && raw.type !== contentTypes.application_data) {
      throw new KeystileError('KS-T110', 'a record came in the clear although keys are in use');
    }
    const { type, content, innerLength } = protection.open(raw.record);
    if (content.length > this.#plaintextMax || innerLength > this.#innerMax) {
      throw new KeystileError('KS-T116', `a record of ${innerLength} bytes after decryption`);
    }
    if (type === contentTypes.application_data) return { type: 'application_data', content, isProtected: true };
    return nonEmpty(type, content, true);
  }

  #dropChangeCipherSpec(payload: Uint8Array, midMessage: boolean): void {
    if (!this.#acceptsChangeCipherSpec || midMessage || payload.length !== 1 || payload[0] !== 1) {
      throw new KeystileError('KS-T110', 'a change_cipher_spec record where TLS 1.3 allows none');
    }
    this.#changeCipherSpecs++;
    if (this.#changeCipherSpecs > changeCipherSpecsMax) {
      throw new KeystileError('KS-T118', `more than ${changeCipherSpecsMax} change_cipher_spec records`);
    }
  }

  /** RFC 5246 §7.1: one byte of value 1, in the clear, between two messages. The states say when. */
  #deliverChangeCipherSpec(payload: Uint8Array, midMessage: boolean): InboundRecord {
    if (this.#protection !== undefined || midMessage || payload.length !== 1 || payload[0] !== 1) {
      throw new KeystileError('KS-T110', 'a change_cipher_spec record where TLS 1.2 allows none');
    }
    return { type: 'change_cipher_spec', content: payload, isProtected: false };
  }

  #limitEmpty(record: InboundRecord): InboundRecord {
    this.#emptyInARow = record.content.length === 0 ? this.#emptyInARow + 1 : 0;
    if (this.#emptyInARow > emptyRecordsMax) {
      throw new KeystileError('KS-T118', `more than ${emptyRecordsMax} empty records in a row`);
    }
    return record;
  }
}

interface RawRecord {
  readonly type: number;
  /** Header and payload. */
  readonly record: Uint8Array;
}

const headerLength = 5;

function payloadOf({ record }: RawRecord): Uint8Array {
  return record.subarray(headerLength);
}

function plain(raw: RawRecord): InboundRecord {
  if (raw.type === contentTypes.application_data) {
    throw new KeystileError('KS-T110', 'a protected record came before keys were agreed');
  }
  return nonEmpty(raw.type, payloadOf(raw), false);
}

/** RFC 8446 §5.1: handshake and alert records are never empty; §5.2: no other type may be inside a protected one. */
function nonEmpty(type: number, content: Uint8Array, isProtected: boolean): InboundRecord {
  if (content.length === 0) throw new KeystileError('KS-T110', 'an empty handshake or alert record');
  if (type === contentTypes.handshake) return { type: 'handshake', content, isProtected };
  if (type === contentTypes.alert) return { type: 'alert', content, isProtected };
  throw new KeystileError('KS-T110', `a record with the inner content type ${type}`);
}

/** The very first byte tells a TLS server from, say, a broker's plaintext port: worth its own sentence. */
function refuseForeignProtocol(type: number | undefined, major: number | undefined): void {
  if (type === undefined) return;
  // RFC 8446 §5: a change_cipher_spec may come as soon as the ClientHello was sent.
  const isTlsType = type >= contentTypes.change_cipher_spec && type <= contentTypes.handshake;
  if (isTlsType && (major === undefined || major === 3)) return;
  throw new KeystileError('KS-T122', `the first byte received is 0x${type.toString(16).padStart(2, '0')}`);
}
