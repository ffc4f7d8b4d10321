import { KeystileError } from '@keystile/errors';
import type { AlertMoment } from '../client/peer-alert.ts';
import type { ClientState } from '../client/state.ts';
import { nameOf } from '../codepoints.ts';
import { type HandshakeMessage, handshakeTypes } from '../messages/message.ts';
import type { Protection } from '../record/protection.ts';
import { ExpectTls12Finished } from './expect-finished.ts';
import type { AnsweredHandshake } from './send-client-flight.ts';

/** Awaits no message but the record after which the server's are protected (RFC 5246 §7.1). It comes here or nowhere. */
export class ExpectChangeCipherSpec implements ClientState {
  readonly kind = 'ExpectChangeCipherSpec';
  readonly #handshake: AnsweredHandshake;
  readonly #serverKey: Protection;

  constructor(handshake: AnsweredHandshake, serverKey: Protection) {
    this.#handshake = handshake;
    this.#serverKey = serverKey;
  }

  get alertMoment(): AlertMoment {
    return this.#handshake.alertMoment;
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
    this.#handshake.master.destroy();
    this.#serverKey.destroy();
  }
}
