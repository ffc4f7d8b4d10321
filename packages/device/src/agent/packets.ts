import type { Readable } from 'node:stream';
import { KeystileError } from '@keystile/errors';

/**
 * MQTT as far as the agent has to know it: where packets begin and end. What is inside of one is the codec's business, and
 * of most packets nobody's: they are carried as they came.
 */
export const PacketTypes = { connect: 1, disconnect: 14, auth: 15 } as const;

/** A fixed header: type and flags, and a remaining length of four bytes at most (MQTT 5.0 §2.1). */
const LENGTH_BYTES_MAX = 4;

/** Follows a stream of packets by their fixed headers. It holds a few numbers, whatever passes. */
export class PacketBoundaries {
  #phase: 'type' | 'length' | 'body' = 'type';
  #type = 0;
  #lengthBytes = 0;
  #remaining = 0;

  /** Every packet that is begun is complete. */
  get isBetweenPackets(): boolean {
    return this.#phase === 'type';
  }

  /** Types of the packets that begin in `chunk`. Throws `KS-D133` where no packet can be. */
  follow(chunk: Uint8Array): readonly number[] {
    const begun: number[] = [];
    for (let at = 0; at < chunk.length; ) {
      if (this.#phase === 'body') {
        const passed = Math.min(this.#remaining, chunk.length - at);
        this.#remaining -= passed;
        at += passed;
        if (this.#remaining === 0) this.#phase = 'type';
        continue;
      }
      const byte = chunk[at++] ?? 0;
      if (this.#phase === 'type') begun.push(this.#begin(byte));
      else this.#takeLength(byte);
    }
    return begun;
  }

  #begin(byte: number): number {
    this.#type = byte >> 4;
    this.#lengthBytes = 0;
    this.#remaining = 0;
    this.#phase = 'length';
    return this.#type;
  }

  #takeLength(byte: number): void {
    this.#remaining |= (byte & 0x7f) << (7 * this.#lengthBytes++);
    if (byte < 0x80) this.#phase = this.#remaining === 0 ? 'type' : 'body';
    else if (this.#lengthBytes === LENGTH_BYTES_MAX) {
      throw new KeystileError('KS-D133', `the length of a packet of type ${this.#type} has more than four bytes`);
    }
  }
}

/**
 * Takes one whole packet off a stream and leaves what follows in it; undefined at the end of the stream. Throws what the
 * stream failed with, and `KS-D133` for a packet of more than `lengthMax` bytes or, at its first byte, of another type.
 */
export async function nextPacket(stream: Readable, lengthMax: number, type?: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const chunk = stream.read() as Uint8Array | null;
    if (chunk === null) {
      if (await hasEnded(stream)) return undefined;
      continue;
    }
    chunks.push(chunk);
    length += chunk.length;
    const first = (chunks[0]?.[0] ?? 0) >> 4;
    if (type !== undefined && first !== type) {
      throw new KeystileError('KS-D133', `a packet of type ${first} where one of type ${type} begins`);
    }
    const wanted = packetLength(chunks);
    if (wanted !== undefined && wanted > lengthMax) {
      throw new KeystileError('KS-D133', `a packet of ${wanted} bytes where ${lengthMax} are the most`);
    }
    if (wanted === undefined || length < wanted) continue;
    const bytes = Buffer.concat(chunks);
    if (bytes.length > wanted) stream.unshift(bytes.subarray(wanted));
    return bytes.subarray(0, wanted);
  }
}

/** Bytes of the first packet, its header included; undefined before that is known. */
function packetLength(chunks: readonly Uint8Array[]): number | undefined {
  const header: number[] = [];
  for (const chunk of chunks) {
    header.push(...chunk.subarray(0, LENGTH_BYTES_MAX + 1 - header.length));
    if (header.length > LENGTH_BYTES_MAX) break;
  }
  let remaining = 0;
  for (let at = 1; at < header.length; at++) {
    const byte = header[at] ?? 0;
    remaining |= (byte & 0x7f) << (7 * (at - 1));
    if (byte < 0x80) return 1 + at + remaining;
    if (at === LENGTH_BYTES_MAX) throw new KeystileError('KS-D133', 'the length of a packet has more than four bytes');
  }
  return undefined;
}

/** Waits until there is something to read, or nothing any more. */
function hasEnded(stream: Readable): Promise<boolean> {
  if (stream.errored) return Promise.reject(stream.errored);
  if (stream.readableEnded || stream.destroyed) return Promise.resolve(true);
  return new Promise((resolve, reject) => {
    const events = ['readable', 'end', 'close', 'error'] as const;
    const settle = (): void => {
      for (const event of events) stream.off(event, settle);
      if (stream.errored) reject(stream.errored);
      else resolve(stream.readableEnded || stream.destroyed);
    };
    for (const event of events) stream.on(event, settle);
  });
}
