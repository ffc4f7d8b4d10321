import { ByteWriter } from '@keystile/bytes';
import { decodeAll, encodeMessage, nonEmptyVector } from '../../messages/message.ts';

/** ClientKeyExchange of an ECDHE suite, RFC 8422 §5.7: the client's public share. */
export function encodeClientKeyExchange(share: Uint8Array): Uint8Array {
  return encodeMessage('ClientKeyExchange', new ByteWriter(128).vector8(share).finish());
}

/** For a server: the engine itself never receives one. */
export function decodeClientKeyExchange(body: Uint8Array): Uint8Array {
  return decodeAll('ClientKeyExchange', body, (reader) => nonEmptyVector(reader.vector8()));
}
