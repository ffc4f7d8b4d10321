import { KeystileError } from '@keystile/errors';
import { type SignatureScheme, signatureSchemeCodes } from '../codepoints.ts';
import { encodeCertificateVerify } from '../messages/certificate-verify.ts';
import { certificateVerifyContent } from '../signature.ts';
import type { CheckedClientCertificate } from './client-certificate.ts';
import { finishHandshake } from './connected.ts';
import type { Conversation } from './conversation.ts';
import type { HandshakeSecrets } from './expect-finished.ts';
import type { ClientState } from './state.ts';

/** What the holder of the client key is asked for. */
export interface SignRequest {
  readonly id: number;
  readonly scheme: SignatureScheme;
  /** The content to be hashed and signed: RFC 8446 §4.4.3 or RFC 5246 §7.4.8, never a bare digest. The signature is DER. */
  readonly input: Uint8Array;
}

/** A state that awaits no message but a signature, however long it takes. Bytes that arrive meanwhile wait undecrypted. */
export interface AwaitsSignature extends ClientState {
  readonly request: SignRequest;
  answer(signature: Uint8Array): ClientState;
}

/** Awaits the signature of TLS 1.3's CertificateVerify. */
export class ExpectSignature implements AwaitsSignature {
  readonly kind = 'ExpectSignature';
  readonly request: SignRequest;
  readonly #conversation: Conversation;
  readonly #secrets: HandshakeSecrets;
  readonly #own: CheckedClientCertificate;

  constructor(conversation: Conversation, secrets: HandshakeSecrets, own: CheckedClientCertificate) {
    this.#conversation = conversation;
    this.#secrets = secrets;
    this.#own = own;
    const input = certificateVerifyContent('client', conversation.transcript.digest());
    this.request = { id: 1, scheme: own.scheme, input };
    conversation.options.trace({ kind: 'signature', action: 'requested', scheme: own.scheme });
  }

  handle(): ClientState {
    throw new KeystileError('KS-T100', 'a message was handled while a signature is awaited');
  }

  answer(signature: Uint8Array): ClientState {
    sendCertificateVerify(this.#conversation, this.#own, { input: this.request.input, signature });
    return finishHandshake(this.#conversation, this.#secrets);
  }

  destroy(): void {
    this.#secrets.stage.destroy();
    this.#secrets.application.destroy();
  }
}

/**
 * An answer is verified before it is sent: a signer that errs or lies must not speak for the part, and a faulty ECDSA
 * signature can disclose the key. The message is the same in both versions, what is signed is not.
 */
export function sendCertificateVerify(
  conversation: Conversation,
  { key, scheme }: CheckedClientCertificate,
  { input, signature }: { readonly input: Uint8Array; readonly signature: Uint8Array },
): void {
  const { trace } = conversation.options;
  if (!key.verify(input, signature)) {
    trace({ kind: 'signature', action: 'refused', scheme });
    throw new KeystileError('KS-T135', 'the signature does not verify under the key of the client certificate');
  }
  trace({ kind: 'signature', action: 'accepted', scheme });
  const message = encodeCertificateVerify({ scheme: signatureSchemeCodes[scheme], signature });
  conversation.send('CertificateVerify', message);
  conversation.note({ clientAuthenticated: true });
}
