import { ByteReader, ByteWriter } from '@keystile/bytes';
import { PAYLOAD_MAX } from '../frame/frame.ts';

/**
 * What stands for the wires: messages over a Unix socket between the virtual bus' two ends.
 *
 *   operation (u8) · transaction (u8) · length (u16) · bytes
 *
 * `write` is what the master clocks out; the part answers with `ready`, the edge of the ready line, which brings what the
 * part will drive when the master reads: the master's end hands it out, and needs no message for each read. A
 * transaction is the number of a write, modulo 256; what was offered before the last write is never read.
 */
export interface WireMessage {
  readonly kind: (typeof kinds)[number];
  readonly transaction: number;
  readonly bytes: Uint8Array;
}

const kinds = ['write', 'ready'] as const;
const HEADER_LENGTH = 4;
/** The longest transaction is one frame. */
const TRANSACTION_MAX: number = PAYLOAD_MAX + 64;

export function encodeWire({ kind, transaction, bytes }: WireMessage): Uint8Array {
  const writer = new ByteWriter(bytes.length + HEADER_LENGTH);
  return writer.u8(kinds.indexOf(kind)).u8(transaction).vector16(bytes).finish();
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
      const transaction = reader.u8();
      const length = reader.u16();
      if (kind === undefined || length > TRANSACTION_MAX) return undefined;
      if (reader.remaining < length) return messages;
      messages.push({ kind, transaction, bytes: reader.bytes(length) });
      this.#buffered = reader.rest();
    }
  }
}
