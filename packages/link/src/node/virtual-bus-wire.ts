import { ByteReader, ByteWriter } from '@keystile/bytes';
import { PAYLOAD_MAX } from '../frame/frame.ts';

/**
 * What stands for the wires: messages over a Unix socket between the virtual bus' two ends. One message is one bus
 * transaction, or the edge of the ready line.
 *
 *   operation (u8) · length (u16) · bytes
 */
export type WireMessage =
  | { readonly kind: 'attach'; readonly bytes: Uint8Array }
  | { readonly kind: 'write'; readonly bytes: Uint8Array }
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'not-acknowledged'; readonly bytes: Uint8Array }
  | { readonly kind: 'ready'; readonly bytes: Uint8Array };

const kinds = ['attach', 'write', 'read', 'data', 'not-acknowledged', 'ready'] as const;
const HEADER_LENGTH = 3;
/** The longest transaction is one frame. */
export const TRANSACTION_MAX: number = PAYLOAD_MAX + 64;

export function encodeWire(kind: WireMessage['kind'], bytes: Uint8Array = new Uint8Array(0)): Uint8Array {
  return new ByteWriter(bytes.length + HEADER_LENGTH).u8(kinds.indexOf(kind)).vector16(bytes).finish();
}

/** Cuts a byte stream into messages. */
export class WireReader {
  #buffered: Uint8Array = new Uint8Array(0);

  /** Messages that `chunk` completes; undefined when the stream is not of this protocol and must be closed. */
  push(chunk: Uint8Array): readonly WireMessage[] | undefined {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
    const messages: WireMessage[] = [];
    for (;;) {
      if (this.#buffered.length < HEADER_LENGTH) return messages;
      const reader = new ByteReader(this.#buffered);
      const kind = kinds[reader.u8()];
      const length = reader.u16();
      if (kind === undefined || length > TRANSACTION_MAX) return undefined;
      if (reader.remaining < length) return messages;
      messages.push({ kind, bytes: reader.bytes(length) });
      this.#buffered = reader.rest();
    }
  }
}
