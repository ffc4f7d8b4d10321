import type { AlertMoment } from '../client/peer-alert.ts';
import { type AuthenticatedServer, verifyTls12Finished, verifyTls12ResumedFinished } from '../client/proof.ts';
import { type ClientState, demandType, orDestroy } from '../client/state.ts';
import type { HandshakeMessage } from '../messages/message.ts';
import { Tls12Connected } from './connected.ts';
import { alertMomentOf, type ClosingHandshake, destroyClosing } from './handshake.ts';
import { keepTicket } from './keep-ticket.ts';
import { sendFinished } from './send-client-flight.ts';

/** Awaits the server's Finished (RFC 5246 §7.4.9): before it nothing says that the server has the keys. */
export class ExpectTls12Finished implements ClientState {
  readonly kind = 'ExpectTls12Finished';
  readonly #handshake: ClosingHandshake;

  constructor(handshake: ClosingHandshake) {
    this.#handshake = handshake;
  }

  get alertMoment(): AlertMoment {
    return alertMomentOf(this.#handshake);
  }

  handle(message: HandshakeMessage): ClientState {
    demandType(message, this, 'Finished');
    const { conversation, master, origin, received } = this.#handshake;
    const server = this.#verify(message.body);
    conversation.transcript.append(message.encoded);
    if (origin.kind === 'resumed') {
      sendFinished(this.#handshake, origin.clientKey);
      conversation.note({ resumed: true, clientAuthenticated: origin.ticket.clientAuthenticated });
    }
    const stage = master.connected();
    return orDestroy(stage, () => {
      if (received !== undefined) keepTicket(conversation, server, { ...received, master: stage.resumable() });
      return new Tls12Connected(conversation, server, stage);
    });
  }

  destroy(): void {
    destroyClosing(this.#handshake);
  }

  #verify(verifyData: Uint8Array): AuthenticatedServer {
    const { conversation, master, origin } = this.#handshake;
    const finished = { verifyData, handshakeHash: conversation.transcript.digest(), master };
    return origin.kind === 'full'
      ? verifyTls12Finished(origin.keyExchange, finished)
      : verifyTls12ResumedFinished(origin.ticket, finished);
  }
}
