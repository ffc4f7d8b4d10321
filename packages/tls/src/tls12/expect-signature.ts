import { KeystileError } from '@keystile/errors';
import type { CheckedClientCertificate } from '../client/client-certificate.ts';
import { type AwaitsSignature, type SignRequest, sendCertificateVerify } from '../client/expect-signature.ts';
import type { ClientState } from '../client/state.ts';
import type { ClosingHandshake } from './handshake.ts';
import { answerFully } from './send-client-flight.ts';

/** Awaits the signature of TLS 1.2's CertificateVerify, which is over the handshake messages (RFC 5246 §7.4.8). */
export class ExpectTls12Signature implements AwaitsSignature {
  readonly kind = 'ExpectTls12Signature';
  readonly request: SignRequest;
  readonly #handshake: ClosingHandshake;
  readonly #own: CheckedClientCertificate;

  constructor(handshake: ClosingHandshake, own: CheckedClientCertificate) {
    this.#handshake = handshake;
    this.#own = own;
    const { transcript, options } = handshake.conversation;
    this.request = { id: 1, scheme: own.scheme, input: transcript.messages() };
    options.trace({ kind: 'signature', action: 'requested', scheme: own.scheme });
  }

  handle(): ClientState {
    throw new KeystileError('KS-T100', 'a message was handled while a signature is awaited');
  }

  answer(signature: Uint8Array): ClientState {
    sendCertificateVerify(this.#handshake.conversation, this.#own, { input: this.request.input, signature });
    return answerFully(this.#handshake);
  }

  destroy(): void {
    this.#handshake.master.destroy();
  }
}
