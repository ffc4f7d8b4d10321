import { ByteReader, ByteWriter } from '@keystile/bytes';
import { decodeAll, nonEmptyVector } from '../messages/message.ts';

/** key_share, RFC 8446 §4.2.8. */
export interface KeyShareEntry {
  readonly group: number;
  readonly share: Uint8Array;
}

export function encodeClientShares(entries: readonly KeyShareEntry[]): Uint8Array {
  const list = new ByteWriter();
  for (const entry of entries) list.bytes(encodeServerShare(entry));
  return new ByteWriter().vector16(list.finish()).finish();
}

export function decodeClientShares(data: Uint8Array): readonly KeyShareEntry[] {
  return decodeAll('key_share', data, (reader) => {
    const list = new ByteReader(reader.vector16());
    const entries: KeyShareEntry[] = [];
    while (list.remaining > 0) entries.push(readEntry(list));
    return entries;
  });
}

export function encodeServerShare({ group, share }: KeyShareEntry): Uint8Array {
  return new ByteWriter().u16(group).vector16(share).finish();
}

export function decodeServerShare(data: Uint8Array): KeyShareEntry {
  return decodeAll('key_share', data, readEntry);
}

/** HelloRetryRequest's form: the group that the next ClientHello shall bring. */
export function encodeSelectedGroup(group: number): Uint8Array {
  return new ByteWriter().u16(group).finish();
}

export function decodeSelectedGroup(data: Uint8Array): number {
  return decodeAll('key_share', data, (reader) => reader.u16());
}

function readEntry(reader: ByteReader): KeyShareEntry {
  return { group: reader.u16(), share: nonEmptyVector(reader.vector16()) };
}
