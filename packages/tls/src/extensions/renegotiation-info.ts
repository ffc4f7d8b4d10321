import { ByteWriter } from '@keystile/bytes';
import { decodeAll } from '../messages/message.ts';

/**
 * renegotiation_info, RFC 5746 §3.2: what binds a renegotiation to the connection before it. Ours is always that of a
 * first handshake, since no other is ever made. TLS 1.2 only.
 */
export function encodeFirstNegotiation(): Uint8Array {
  return new ByteWriter().vector8(new Uint8Array(0)).finish();
}

/** RFC 5746 §3.4: in a first handshake the server's field is empty too. */
export function isFirstNegotiation(data: Uint8Array): boolean {
  return decodeAll('renegotiation_info', data, (reader) => reader.vector8()).length === 0;
}
