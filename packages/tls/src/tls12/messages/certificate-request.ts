import { ByteReader, ByteWriter } from '@keystile/bytes';
import { decodeAll, encodeMessage, nonEmptyVector } from '../../messages/message.ts';

/** CertificateRequest of TLS 1.2, RFC 5246 §7.4.4. The names of authorities are advice, and are not kept. */
export interface Tls12CertificateRequest {
  /** ClientCertificateType numbers. */
  readonly certificateTypes: readonly number[];
  /** Code points of the schemes the server can verify. */
  readonly schemes: readonly number[];
}

/** ecdsa_sign, RFC 8422 §5.5. */
export const ecdsaCertificateType = 64;

export function decodeTls12CertificateRequest(body: Uint8Array): Tls12CertificateRequest {
  return decodeAll('CertificateRequest', body, (reader) => {
    const certificateTypes = [...nonEmptyVector(reader.vector8())];
    const list = new ByteReader(nonEmptyVector(reader.vector16()));
    const schemes: number[] = [];
    while (list.remaining > 0) schemes.push(list.u16());
    const authorities = new ByteReader(reader.vector16());
    while (authorities.remaining > 0) nonEmptyVector(authorities.vector16());
    return { certificateTypes, schemes };
  });
}

/** For a server: the engine itself never sends one. */
export function encodeTls12CertificateRequest({ certificateTypes, schemes }: Tls12CertificateRequest): Uint8Array {
  const list = new ByteWriter();
  for (const scheme of schemes) list.u16(scheme);
  const body = new ByteWriter().vector8(Uint8Array.from(certificateTypes)).vector16(list.finish()).u16(0).finish();
  return encodeMessage('CertificateRequest', body);
}
