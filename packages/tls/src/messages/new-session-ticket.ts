import { ByteWriter } from '@keystile/bytes';
import { type Extension, type ExtensionBlock, encodeExtensions, readExtensions } from '../extensions/extension.ts';
import { decodeAll, encodeMessage, nonEmptyVector } from './message.ts';

/** NewSessionTicket, RFC 8446 §4.6.1. */
export interface NewSessionTicket {
  readonly lifetimeSeconds: number;
  readonly ageAdd: number;
  readonly nonce: Uint8Array;
  readonly ticket: Uint8Array;
}

export function decodeNewSessionTicket(body: Uint8Array): NewSessionTicket & { readonly extensions: ExtensionBlock } {
  return decodeAll('NewSessionTicket', body, (reader) => ({
    lifetimeSeconds: reader.u32(),
    ageAdd: reader.u32(),
    nonce: reader.vector8(),
    ticket: nonEmptyVector(reader.vector16()),
    extensions: readExtensions(reader),
  }));
}

/** For a server: the engine itself never sends one. */
export function encodeNewSessionTicket(ticket: NewSessionTicket, extensions: readonly Extension[]): Uint8Array {
  const body = new ByteWriter()
    .u32(ticket.lifetimeSeconds)
    .u32(ticket.ageAdd)
    .vector8(ticket.nonce)
    .vector16(ticket.ticket)
    .bytes(encodeExtensions(extensions))
    .finish();
  return encodeMessage('NewSessionTicket', body);
}
