import { decodeAll, encodeMessage } from '../../messages/message.ts';

/** HelloRequest, RFC 5246 §7.4.1.1: empty. The server would like to renegotiate; we never do. */
export function decodeHelloRequest(body: Uint8Array): void {
  decodeAll('HelloRequest', body, () => {});
}

/** For a server: the engine itself never sends one. */
export function encodeHelloRequest(): Uint8Array {
  return encodeMessage('HelloRequest', new Uint8Array(0));
}
