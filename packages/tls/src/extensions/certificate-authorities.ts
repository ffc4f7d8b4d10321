import { ByteReader } from '@keystile/bytes';
import { decodeAll, nonEmptyVector } from '../messages/message.ts';

/** certificate_authorities of a server, RFC 8446 §4.2.4. The names are advice to who has several certificates; they must be a list. */
export function checkCertificateAuthorities(data: Uint8Array): void {
  decodeAll('certificate_authorities', data, (reader) => {
    const names = new ByteReader(nonEmptyVector(reader.vector16()));
    while (names.remaining > 0) nonEmptyVector(names.vector16());
  });
}
