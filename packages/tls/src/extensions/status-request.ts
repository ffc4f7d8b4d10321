import { BytesError, ByteWriter } from '@keystile/bytes';
import { decodeAll, nonEmptyVector } from '../messages/message.ts';

/** status_request, RFC 6066 §8 and RFC 8446 §4.4.2.1: OCSP, no responder ids, no request extensions. */
export function encodeStatusRequest(): Uint8Array {
  return new ByteWriter().u8(ocspType).u16(0).u16(0).finish();
}

/** The server's form, beside its own certificate: one DER OCSPResponse. */
export function decodeStapledOcsp(data: Uint8Array): Uint8Array {
  return decodeAll('status_request', data, (reader) => {
    if (reader.u8() !== ocspType) throw new BytesError('a certificate status that is not OCSP');
    return nonEmptyVector(reader.vector24()).slice();
  });
}

export function encodeStapledOcsp(response: Uint8Array): Uint8Array {
  return new ByteWriter().u8(ocspType).vector24(response).finish();
}

const ocspType = 1;
