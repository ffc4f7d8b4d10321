import { ByteWriter } from '@keystile/bytes';
import { decodeAll, nonEmptyVector } from '../messages/message.ts';

/** cookie, RFC 8446 §4.2.2: what a HelloRetryRequest gives and the second ClientHello gives back. */
export function decodeCookie(data: Uint8Array): Uint8Array {
  return decodeAll('cookie', data, (reader) => nonEmptyVector(reader.vector16()).slice());
}

export function encodeCookie(cookie: Uint8Array): Uint8Array {
  return new ByteWriter().vector16(cookie).finish();
}
