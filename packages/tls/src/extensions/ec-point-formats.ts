import { ByteWriter } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { decodeAll, nonEmptyVector } from '../messages/message.ts';

/** ec_point_formats, RFC 8422 §5.1.2: uncompressed points, the only form left. TLS 1.2 only. */
export function encodePointFormats(): Uint8Array {
  return new ByteWriter().vector8(Uint8Array.of(uncompressed)).finish();
}

/** A server that lists formats without this one cannot be talked to (`KS-T112`). */
export function demandUncompressed(data: Uint8Array): void {
  const formats = decodeAll('ec_point_formats', data, (reader) => nonEmptyVector(reader.vector8()));
  if (!formats.includes(uncompressed)) {
    throw new KeystileError('KS-T112', 'the server does not list uncompressed points in ec_point_formats');
  }
}

const uncompressed = 0;
