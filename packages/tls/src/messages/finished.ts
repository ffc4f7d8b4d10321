import { encodeMessage } from './message.ts';

/** Finished, RFC 8446 §4.4.4: verify_data and nothing else; its length is checked where it is compared. */
export function encodeFinished(verifyData: Uint8Array): Uint8Array {
  return encodeMessage('Finished', verifyData);
}
