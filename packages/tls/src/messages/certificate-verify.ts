import { ByteWriter } from '@keystile/bytes';
import { decodeAll, encodeMessage, nonEmptyVector } from './message.ts';

/** CertificateVerify, RFC 8446 §4.4.3. */
export interface CertificateVerify {
  /** A code point: what it means, and whether it was offered, is the state's to say. */
  readonly scheme: number;
  readonly signature: Uint8Array;
}

export function decodeCertificateVerify(body: Uint8Array): CertificateVerify {
  return decodeAll('CertificateVerify', body, (reader) => ({
    scheme: reader.u16(),
    signature: nonEmptyVector(reader.vector16()),
  }));
}

export function encodeCertificateVerify({ scheme, signature }: CertificateVerify): Uint8Array {
  return encodeMessage('CertificateVerify', new ByteWriter().u16(scheme).vector16(signature).finish());
}
