import type { AlertMoment } from '../client/peer-alert.ts';
import { verifyTls12Finished } from '../client/proof.ts';
import { type ClientState, demandType } from '../client/state.ts';
import type { HandshakeMessage } from '../messages/message.ts';
import { Tls12Connected } from './connected.ts';
import type { AnsweredHandshake } from './send-client-flight.ts';

/** Awaits the server's Finished (RFC 5246 §7.4.9): before it nothing says that the server has the keys. */
export class ExpectTls12Finished implements ClientState {
  readonly kind = 'ExpectTls12Finished';
  readonly #handshake: AnsweredHandshake;

  constructor(handshake: AnsweredHandshake) {
    this.#handshake = handshake;
  }

  get alertMoment(): AlertMoment {
    return this.#handshake.alertMoment;
  }

  handle(message: HandshakeMessage): ClientState {
    demandType(message, this, 'Finished');
    const { conversation, master, keyExchange } = this.#handshake;
    const { transcript } = conversation;
    const handshakeHash = transcript.digest();
    const server = verifyTls12Finished(keyExchange, { verifyData: message.body, handshakeHash, master });
    return new Tls12Connected(conversation, server, master.connected());
  }

  destroy(): void {
    this.#handshake.master.destroy();
  }
}
