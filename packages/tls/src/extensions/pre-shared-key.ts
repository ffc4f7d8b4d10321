import { ByteReader, ByteWriter } from '@keystile/bytes';
import { decodeAll, nonEmptyVector } from '../messages/message.ts';

/**
 * pre_shared_key, RFC 8446 §4.2.11. A client of ours offers one identity at most, and the extension is the last of its
 * hello, so that the binders end the message.
 */
export interface OfferedPsk {
  readonly identity: Uint8Array;
  readonly obfuscatedAge: number;
  readonly binder: Uint8Array;
}

export function encodeOfferedPsk({ identity, obfuscatedAge, binder }: OfferedPsk): Uint8Array {
  const identities = new ByteWriter().vector16(identity).u32(obfuscatedAge).finish();
  const binders = new ByteWriter().vector8(binder).finish();
  return new ByteWriter().vector16(identities).vector16(binders).finish();
}

/** Bytes at the end of the hello that the binder does not cover: the list of the binder, with its lengths. */
export function bindersLength(binderLength: number): number {
  return 2 + 1 + binderLength;
}

/** For a server: the engine itself never receives one. */
export function decodeOfferedPsks(data: Uint8Array): readonly OfferedPsk[] {
  return decodeAll('pre_shared_key', data, (reader) => {
    const identities = new ByteReader(nonEmptyVector(reader.vector16()));
    const binders = new ByteReader(nonEmptyVector(reader.vector16()));
    const offered: OfferedPsk[] = [];
    while (identities.remaining > 0) {
      const identity = nonEmptyVector(identities.vector16());
      offered.push({ identity, obfuscatedAge: identities.u32(), binder: binders.vector8() });
    }
    binders.end();
    return offered;
  });
}

/** The server's form: the place of the identity that it chose, from 0. */
export function decodeSelectedIdentity(data: Uint8Array): number {
  return decodeAll('pre_shared_key', data, (reader) => reader.u16());
}

export function encodeSelectedIdentity(index: number): Uint8Array {
  return new ByteWriter().u16(index).finish();
}
