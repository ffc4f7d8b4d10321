import { concatBytes } from '@keystile/bytes';
import type { WireRecord } from './utterance.ts';

/**
 * Who reads along on the wire and says what an honest client could have understood of it: the slow, obvious twin that
 * the engine is held against. It knows no key. A protected record is understood if it is, bit for bit, the next one that
 * the server sealed; after one that is not, nothing is, since that is what an AEAD with a sequence number is for.
 *
 * It understands more than a client may, never less: it minds no order, no length and no content.
 */
export class Witness {
  readonly #sealed: WireRecord[] = [];
  #next = 0;
  #pending: Uint8Array = new Uint8Array(0);
  #handshake: Uint8Array = new Uint8Array(0);
  #data: Uint8Array = new Uint8Array(0);
  #isLost = false;

  /** The server sealed these, in this order; what reaches the client may differ. */
  knows(records: readonly WireRecord[]): void {
    this.#sealed.push(...records.filter(({ isProtected }) => isProtected));
  }

  /** These bytes reached the client. */
  sees(bytes: Uint8Array): void {
    this.#pending = concatBytes(this.#pending, bytes);
    while (!this.#isLost) {
      const record = this.#takeRecord();
      if (record === undefined) return;
      this.#understand(record);
    }
  }

  /** Handshake bytes so far, messages and record boundaries run together. */
  get handshake(): Uint8Array {
    return this.#handshake;
  }

  get data(): Uint8Array {
    return this.#data;
  }

  #takeRecord(): Uint8Array | undefined {
    const [, , , high, low] = this.#pending;
    if (high === undefined || low === undefined) return undefined;
    const length = 5 + ((high << 8) | low);
    if (this.#pending.length < length) return undefined;
    const record = this.#pending.slice(0, length);
    this.#pending = this.#pending.slice(length);
    return record;
  }

  #understand(record: Uint8Array): void {
    const sealed = this.#sealed[this.#next];
    if (sealed !== undefined && areEqual(sealed.bytes, record)) {
      this.#next++;
      this.#hear(sealed.type, sealed.content);
      return;
    }
    const type = plainTypes[record[0] ?? 0];
    if (type === undefined || (type === 'handshake' && this.#next > 0)) this.#isLost = true;
    else this.#hear(type, record.subarray(5));
  }

  #hear(type: WireRecord['type'], content: Uint8Array): void {
    if (type === 'handshake') this.#handshake = concatBytes(this.#handshake, content);
    if (type === 'application_data') this.#data = concatBytes(this.#data, content);
  }
}

/** What may be in the clear. Application data may not. */
const plainTypes: Readonly<Record<number, WireRecord['type']>> = {
  20: 'change_cipher_spec',
  21: 'alert',
  22: 'handshake',
};

function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

export function isPrefix(start: Uint8Array, whole: Uint8Array): boolean {
  return start.length <= whole.length && areEqual(start, whole.subarray(0, start.length));
}
