import { concatBytes } from '@keystile/bytes';
import { contentTypes, type Protection } from '@keystile/tls/codec';

export type RecordType = keyof typeof contentTypes;

/** One record in the clear. */
export function plainRecord(type: RecordType, bytes: Uint8Array, minorVersion = 3): Uint8Array {
  const header = [contentTypes[type], 3, minorVersion, bytes.length >>> 8, bytes.length & 0xff];
  return concatBytes(Uint8Array.from(header), bytes);
}

/** `bytes` under the present keys, in records of at most `pieceLength`; one record if there are none. */
export function sealRecords(
  protection: Protection | undefined,
  type: RecordType | number,
  { bytes, pieceLength }: { readonly bytes: Uint8Array; readonly pieceLength: number },
): Uint8Array {
  if (protection === undefined) throw new Error('no keys are in use yet');
  const code = typeof type === 'number' ? type : contentTypes[type];
  const records: Uint8Array[] = [];
  let at = 0;
  do {
    records.push(protection.seal(code, bytes.subarray(at, at + pieceLength)));
    at += pieceLength;
  } while (at < bytes.length);
  return concatBytes(...records);
}
