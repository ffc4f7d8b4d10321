import { decodeAll, encodeMessage } from '../../messages/message.ts';

/** ServerHelloDone, RFC 5246 §7.4.5: empty. */
export function decodeServerHelloDone(body: Uint8Array): void {
  decodeAll('ServerHelloDone', body, () => {});
}

/** For a server: the engine itself never sends one. */
export function encodeServerHelloDone(): Uint8Array {
  return encodeMessage('ServerHelloDone', new Uint8Array(0));
}
