import { BytesError, ByteWriter } from '@keystile/bytes';
import { decodeAll, encodeMessage, nonEmptyVector } from '../../messages/message.ts';

/** ServerKeyExchange of an ECDHE suite with a named curve, the only kind left: RFC 8422 §5.4. */
export interface ServerKeyExchange {
  /** A code point of `supported_groups`. */
  readonly group: number;
  readonly share: Uint8Array;
  /** ServerECDHParams as they were sent: what is signed, after the two randoms. */
  readonly params: Uint8Array;
  /** SignatureAndHashAlgorithm, which shares its numbers with TLS 1.3's schemes. */
  readonly scheme: number;
  readonly signature: Uint8Array;
}

export function decodeServerKeyExchange(body: Uint8Array): ServerKeyExchange {
  return decodeAll('ServerKeyExchange', body, (reader) => {
    if (reader.u8() !== namedCurve) throw new BytesError('a curve that is not a named one');
    const group = reader.u16();
    const share = nonEmptyVector(reader.vector8());
    const params = body.subarray(0, reader.offset);
    return { group, share, params, scheme: reader.u16(), signature: nonEmptyVector(reader.vector16()) };
  });
}

/** For a server: the engine itself never makes them. */
export function encodeEcdhParams({ group, share }: Pick<ServerKeyExchange, 'group' | 'share'>): Uint8Array {
  return new ByteWriter(128).u8(namedCurve).u16(group).vector8(share).finish();
}

/** For a server: the engine itself never sends one. */
export function encodeServerKeyExchange({
  params,
  scheme,
  signature,
}: Pick<ServerKeyExchange, 'params' | 'scheme' | 'signature'>): Uint8Array {
  const body = new ByteWriter(256).bytes(params).u16(scheme).vector16(signature).finish();
  return encodeMessage('ServerKeyExchange', body);
}

const namedCurve = 3;
