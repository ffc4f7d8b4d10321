import { KeystileError } from '@keystile/errors';
import { decodeAll, encodeMessage } from './message.ts';

/** KeyUpdate, RFC 8446 §4.6.3. */
export interface KeyUpdate {
  /** Whether the receiver shall update its own sending keys too. */
  readonly updateRequested: boolean;
}

export function decodeKeyUpdate(body: Uint8Array): KeyUpdate {
  const request = decodeAll('KeyUpdate', body, (reader) => reader.u8());
  if (request > 1) throw new KeystileError('KS-T112', `a KeyUpdate with the request ${request}`);
  return { updateRequested: request === 1 };
}

export function encodeKeyUpdate({ updateRequested }: KeyUpdate): Uint8Array {
  return encodeMessage('KeyUpdate', Uint8Array.of(updateRequested ? 1 : 0));
}
