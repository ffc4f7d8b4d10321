import { decodeCertificateVerify } from '../messages/certificate-verify.ts';
import type { HandshakeMessage } from '../messages/message.ts';
import type { HandshakeStage } from '../schedule/stages.ts';
import type { Conversation } from './conversation.ts';
import type { RequestedCertificate } from './expect-certificate.ts';
import { ExpectFinished } from './expect-finished.ts';
import { type VerifiedChain, verifySignature } from './proof.ts';
import { type ClientState, demandType } from './state.ts';

interface Held {
  readonly stage: HandshakeStage;
  readonly chain: VerifiedChain;
  readonly requested: RequestedCertificate | undefined;
}

/** Awaits CertificateVerify (RFC 8446 §4.4.3): the server proves that it holds the leaf's key. */
export class ExpectCertificateVerify implements ClientState {
  readonly kind = 'ExpectCertificateVerify';
  readonly #conversation: Conversation;
  readonly #held: Held;

  constructor(conversation: Conversation, held: Held) {
    this.#conversation = conversation;
    this.#held = held;
  }

  handle(message: HandshakeMessage): ClientState {
    demandType(message, this, 'CertificateVerify');
    const { stage, chain, requested } = this.#held;
    const { transcript, policy } = this.#conversation;
    const signature = verifySignature(chain, {
      message: decodeCertificateVerify(message.body),
      transcriptHash: transcript.digest(),
      schemes: policy.signatureSchemes,
    });
    transcript.append(message.encoded);
    return new ExpectFinished(this.#conversation, { stage, signature, requested });
  }

  destroy(): void {
    this.#held.stage.destroy();
  }
}
