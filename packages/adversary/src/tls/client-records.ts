import { ByteReader, concatBytes } from '@keystile/bytes';
import { alertCodes, contentTypes, type HandshakeType, handshakeTypes, type Protection } from '@keystile/tls/codec';

/** What a client said, opened. */
export interface ClientSpeech {
  readonly kind: 'handshake' | 'alert' | 'application-data' | 'change-cipher-spec';
  /** The message's or the alert's name. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly isProtected: boolean;
}

/**
 * Takes a client's bytes apart for a server that wants to look, not to judge: records in any pieces, handshake
 * messages joined. It trusts the client to be honest; whatever it cannot open makes it throw.
 */
export class ClientRecords {
  #pending: Uint8Array = new Uint8Array(0);
  #handshake: Uint8Array = new Uint8Array(0);
  #protection: Protection | undefined;

  /** In TLS 1.3 it may be known before the client uses it; in TLS 1.2 every record from now on is under it. */
  useProtection(protection: Protection): void {
    this.#protection = protection;
  }

  feed(bytes: Uint8Array): void {
    this.#pending = concatBytes(this.#pending, bytes);
  }

  /** One record's content at a time, so that keys can change between records. */
  *next(): Generator<ClientSpeech> {
    while (this.#pending.length >= 5) {
      const reader = new ByteReader(this.#pending);
      const type = reader.u8();
      reader.u16();
      const length = reader.u16();
      if (reader.remaining < length) return;
      const record = this.#pending.slice(0, 5 + length);
      this.#pending = this.#pending.slice(5 + length);
      yield* this.#speech(type, record);
    }
  }

  *#speech(outerType: number, record: Uint8Array): Generator<ClientSpeech> {
    const isProtected = this.#protection?.hidesType === false || outerType === contentTypes.application_data;
    if (isProtected && this.#protection === undefined) throw new Error('a protected record before any key');
    const opened = isProtected ? this.#protection?.open(record) : undefined;
    const type = opened?.type ?? outerType;
    const bytes = opened?.content ?? record.subarray(5);
    if (type === contentTypes.handshake) yield* this.#messages(bytes, isProtected);
    else if (type === contentTypes.alert) yield { kind: 'alert', name: alertName(bytes), bytes, isProtected };
    else if (type === contentTypes.application_data) yield { kind: 'application-data', name: '', bytes, isProtected };
    else yield { kind: 'change-cipher-spec', name: '', bytes, isProtected };
  }

  *#messages(fragment: Uint8Array, isProtected: boolean): Generator<ClientSpeech> {
    this.#handshake = concatBytes(this.#handshake, fragment);
    while (this.#handshake.length >= 4) {
      const reader = new ByteReader(this.#handshake);
      const type = reader.u8();
      const length = reader.u24();
      if (reader.remaining < length) return;
      const bytes = this.#handshake.slice(0, 4 + length);
      this.#handshake = this.#handshake.slice(4 + length);
      yield { kind: 'handshake', name: messageName(type), bytes, isProtected };
    }
  }
}

function messageName(type: number): string {
  const names = Object.keys(handshakeTypes) as HandshakeType[];
  return names.find((name) => handshakeTypes[name] === type) ?? `type ${type}`;
}

function alertName(bytes: Uint8Array): string {
  return Object.entries(alertCodes).find(([, code]) => code === bytes[1])?.[0] ?? `alert ${bytes[1]}`;
}
