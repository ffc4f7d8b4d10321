import { ByteReader, ByteWriter } from '@keystile/bytes';
import { decodeAll, nonEmptyVector } from '../messages/message.ts';

/**
 * A 16-bit-length list of 16-bit code points: the shape of supported_groups (RFC 8446 §4.2.7), signature_algorithms
 * and signature_algorithms_cert (§4.2.3).
 */
export function encodeCodeList(codes: readonly number[]): Uint8Array {
  const list = new ByteWriter();
  for (const code of codes) list.u16(code);
  return new ByteWriter().vector16(list.finish()).finish();
}

export function decodeCodeList(name: string, data: Uint8Array): readonly number[] {
  return decodeAll(name, data, (reader) => {
    const list = new ByteReader(nonEmptyVector(reader.vector16()));
    const codes: number[] = [];
    while (list.remaining > 0) codes.push(list.u16());
    return codes;
  });
}
