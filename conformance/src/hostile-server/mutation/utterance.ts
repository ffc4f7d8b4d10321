import { handshakeTypes } from '@keystile/tls/codec';

export type ContentType = 'change_cipher_spec' | 'alert' | 'handshake' | 'application_data';

/** Under which keys the server says it: each of these once, in this order; `next` is after its KeyUpdate. */
export type Keys = 'none' | 'handshake' | 'application' | 'next';

/** One thing that a server says: a handshake message, or the content of one record of another type. */
export interface Utterance {
  readonly type: ContentType;
  readonly bytes: Uint8Array;
  readonly keys: Keys;
}

/** One record as it would go over the wire, with what is inside. */
export interface WireRecord {
  readonly type: ContentType;
  readonly content: Uint8Array;
  readonly isProtected: boolean;
  /** Header included. */
  readonly bytes: Uint8Array;
}

/** Something changed, and what was done to it, in words. */
export interface Mutated<Result> {
  readonly what: string;
  readonly result: Result;
}

export function nameOf({ type, bytes }: Utterance): string {
  if (type !== 'handshake') return type;
  const found = Object.entries(handshakeTypes).find(([, code]) => code === bytes[0]);
  return found?.[0] ?? `message ${bytes[0]}`;
}
