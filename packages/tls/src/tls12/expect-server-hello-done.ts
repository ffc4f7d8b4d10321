import { KeystileError } from '@keystile/errors';
import type { VerifiedKeyExchange } from '../client/proof.ts';
import { type ClientState, demandType } from '../client/state.ts';
import { type HandshakeMessage, handshakeTypes } from '../messages/message.ts';
import type { Tls12Handshake } from './handshake.ts';
import { decodeTls12CertificateRequest, type Tls12CertificateRequest } from './messages/certificate-request.ts';
import { decodeServerHelloDone } from './messages/server-hello-done.ts';
import { sendKeyExchange } from './send-client-flight.ts';

/** Awaits ServerHelloDone, or a CertificateRequest before it (RFC 5246 §7.4.4). */
export class ExpectCertificateRequestOrDone implements ClientState {
  readonly kind = 'ExpectCertificateRequestOrDone';
  readonly #handshake: Tls12Handshake;
  readonly #keyExchange: VerifiedKeyExchange;

  constructor(handshake: Tls12Handshake, keyExchange: VerifiedKeyExchange) {
    this.#handshake = handshake;
    this.#keyExchange = keyExchange;
  }

  handle(message: HandshakeMessage): ClientState {
    demandType(message, this, 'CertificateRequest', 'ServerHelloDone');
    const { policy, transcript } = this.#handshake.conversation;
    if (message.type === handshakeTypes.ServerHelloDone) {
      if (policy.clientAuthentication === 'required') {
        throw new KeystileError(
          'KS-T123',
          'the policy requires client authentication and the server did not ask for it',
        );
      }
      return new ExpectServerHelloDone(this.#handshake, this.#keyExchange, undefined).handle(message);
    }
    const requested = decodeTls12CertificateRequest(message.body);
    transcript.append(message.encoded);
    return new ExpectServerHelloDone(this.#handshake, this.#keyExchange, requested);
  }

  destroy(): void {}
}

/** Awaits ServerHelloDone (RFC 5246 §7.4.5), after which it is the client's turn. */
class ExpectServerHelloDone implements ClientState {
  readonly kind = 'ExpectServerHelloDone';
  readonly #handshake: Tls12Handshake;
  readonly #keyExchange: VerifiedKeyExchange;
  readonly #requested: Tls12CertificateRequest | undefined;

  constructor(
    handshake: Tls12Handshake,
    keyExchange: VerifiedKeyExchange,
    requested: Tls12CertificateRequest | undefined,
  ) {
    this.#handshake = handshake;
    this.#keyExchange = keyExchange;
    this.#requested = requested;
  }

  handle(message: HandshakeMessage): ClientState {
    demandType(message, this, 'ServerHelloDone');
    decodeServerHelloDone(message.body);
    const { conversation } = this.#handshake;
    conversation.transcript.append(message.encoded);
    conversation.demandMessageBoundary();
    return sendKeyExchange(this.#handshake, this.#keyExchange, this.#requested);
  }

  destroy(): void {}
}
