import { ByteWriter } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { plaintextLengthMax, recordSizeLimitMin } from '../limits.ts';
import { decodeAll } from '../messages/message.ts';

/** record_size_limit, RFC 8449 §4: the largest inner plaintext that the sender of the extension can receive. */
export function encodeRecordSizeLimit(limit: number): Uint8Array {
  return new ByteWriter().u16(limit).finish();
}

/** The server's limit, cut to what TLS 1.3 allows anyway. */
export function decodeRecordSizeLimit(data: Uint8Array): number {
  const limit = decodeAll('record_size_limit', data, (reader) => reader.u16());
  if (limit < recordSizeLimitMin) throw new KeystileError('KS-T112', `the server's record size limit is ${limit}`);
  return Math.min(limit, plaintextLengthMax + 1);
}
