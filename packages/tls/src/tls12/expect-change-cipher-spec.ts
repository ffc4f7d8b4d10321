import { KeystileError } from '@keystile/errors';
import type { AlertMoment } from '../client/peer-alert.ts';
import { type ClientState, demandType } from '../client/state.ts';
import { nameOf } from '../codepoints.ts';
import { type HandshakeMessage, handshakeTypes } from '../messages/message.ts';
import type { Protection } from '../record/protection.ts';
import { ExpectTls12Finished } from './expect-finished.ts';
import { alertMomentOf, type ClosingHandshake, destroyClosing } from './handshake.ts';
import { decodeTls12SessionTicket } from './messages/new-session-ticket.ts';

/** The server's last flight: NewSessionTicket, if it was announced, ChangeCipherSpec and Finished. */
export function expectServerEnd(handshake: ClosingHandshake, serverKey: Protection): ClientState {
  return handshake.ticketFollows
    ? new ExpectNewSessionTicket(handshake, serverKey)
    : new ExpectChangeCipherSpec(handshake, serverKey);
}

/** Awaits NewSessionTicket (RFC 5077 §3.3), which is not protected yet: only Finished says that it was not changed. */
class ExpectNewSessionTicket implements ClientState {
  readonly kind = 'ExpectNewSessionTicket';
  readonly #handshake: ClosingHandshake;
  readonly #serverKey: Protection;

  constructor(handshake: ClosingHandshake, serverKey: Protection) {
    this.#handshake = handshake;
    this.#serverKey = serverKey;
  }

  get alertMoment(): AlertMoment {
    return alertMomentOf(this.#handshake);
  }

  handle(message: HandshakeMessage): ClientState {
    demandType(message, this, 'NewSessionTicket');
    const received = decodeTls12SessionTicket(message.body);
    this.#handshake.conversation.transcript.append(message.encoded);
    return new ExpectChangeCipherSpec({ ...this.#handshake, received }, this.#serverKey);
  }

  destroy(): void {
    destroyClosing(this.#handshake);
    this.#serverKey.destroy();
  }
}

/** Awaits no message but the record after which the server's are protected (RFC 5246 §7.1). It comes here or nowhere. */
export class ExpectChangeCipherSpec implements ClientState {
  readonly kind = 'ExpectChangeCipherSpec';
  readonly #handshake: ClosingHandshake;
  readonly #serverKey: Protection;

  constructor(handshake: ClosingHandshake, serverKey: Protection) {
    this.#handshake = handshake;
    this.#serverKey = serverKey;
  }

  get alertMoment(): AlertMoment {
    return alertMomentOf(this.#handshake);
  }

  handle(message: HandshakeMessage): ClientState {
    const name = nameOf(handshakeTypes, message.type) ?? `a handshake message of type ${message.type}`;
    throw new KeystileError('KS-T110', `the server sent ${name} where only change_cipher_spec can come`);
  }

  changeCipherSpec(): ClientState {
    this.#handshake.conversation.changeReadKeys('application', this.#serverKey);
    return new ExpectTls12Finished(this.#handshake);
  }

  destroy(): void {
    destroyClosing(this.#handshake);
    this.#serverKey.destroy();
  }
}
