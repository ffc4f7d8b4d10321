import { ByteWriter } from '@keystile/bytes';
import { decodeAll } from '../messages/message.ts';

/** max_fragment_length, RFC 6066 §4: codes 1 to 4 stand for 512, 1,024, 2,048 and 4,096 bytes. OpenSSL knows only this one. */
const fragmentLengths: readonly number[] = [512, 1024, 2048, 4096];

/** The largest fragment length that fits in `recordSizeLimit` (which counts the type byte), if there is one. */
export function fragmentLengthFor(recordSizeLimit: number): number | undefined {
  return recordSizeLimit > 4096 + 1 ? undefined : fragmentLengths.findLast((length) => length < recordSizeLimit);
}

export function encodeMaxFragmentLength(length: number): Uint8Array {
  return new ByteWriter().u8(1 + fragmentLengths.indexOf(length)).finish();
}

export function decodeMaxFragmentLength(data: Uint8Array): number | undefined {
  return fragmentLengths[decodeAll('max_fragment_length', data, (reader) => reader.u8()) - 1];
}
