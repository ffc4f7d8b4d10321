import { ByteWriter } from '@keystile/bytes';
import { decodeAll, encodeMessage } from '../../messages/message.ts';

/** NewSessionTicket of TLS 1.2, RFC 5077 §3.3. */
export interface Tls12NewSessionTicket {
  /** 0: the server does not say. */
  readonly lifetimeSeconds: number;
  /** Empty: the server gives none after all. */
  readonly ticket: Uint8Array;
}

export function decodeTls12SessionTicket(body: Uint8Array): Tls12NewSessionTicket {
  return decodeAll('NewSessionTicket', body, (reader) => ({
    lifetimeSeconds: reader.u32(),
    ticket: reader.vector16().slice(),
  }));
}

/** For a server: the engine itself never sends one. */
export function encodeTls12SessionTicket({ lifetimeSeconds, ticket }: Tls12NewSessionTicket): Uint8Array {
  return encodeMessage('NewSessionTicket', new ByteWriter().u32(lifetimeSeconds).vector16(ticket).finish());
}
