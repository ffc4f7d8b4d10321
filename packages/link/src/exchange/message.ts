import { concatBytes } from '@keystile/bytes';
import type { Frame } from '../frame/frame.ts';

/** A message is at most one TLS record with its fields: what is longer is sent by its command in pieces. */
export const MESSAGE_MAX = 24_576;

/** Cuts a message into data frames' payloads; an empty message is one empty payload. */
export function cutMessage(message: Uint8Array, payloadMax: number): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < message.length; at += payloadMax) pieces.push(message.subarray(at, at + payloadMax));
  return pieces.length === 0 ? [message] : pieces;
}

/** Puts a message together from data frames, bounded by {@link MESSAGE_MAX}. */
export class MessageAssembly {
  #pieces: Uint8Array[] = [];
  #length = 0;

  /** The whole message once its last frame is in; undefined before; `too-long` when the limit is passed. */
  add(frame: Pick<Frame, 'payload' | 'more'>): Uint8Array | 'too-long' | undefined {
    this.#length += frame.payload.length;
    if (this.#length > MESSAGE_MAX) {
      this.clear();
      return 'too-long';
    }
    const piece = frame.payload.slice();
    if (!frame.more && this.#pieces.length === 0) {
      this.#length = 0;
      return piece;
    }
    this.#pieces.push(piece);
    if (frame.more) return undefined;
    const message = concatBytes(...this.#pieces);
    this.clear();
    return message;
  }

  /** Whether a message has begun and not ended. */
  get hasBegun(): boolean {
    return this.#pieces.length > 0;
  }

  clear(): void {
    this.#pieces = [];
    this.#length = 0;
  }
}
