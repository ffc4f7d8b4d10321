import type { HandshakeMessage } from '../messages/message.ts';
import type { HandshakeStage } from '../schedule/stages.ts';
import { finishHandshake } from './connected.ts';
import type { Conversation } from './conversation.ts';
import { enterApplicationReading } from './expect-finished.ts';
import { type AuthenticatedTicket, verifyResumedFinished } from './proof.ts';
import { type ClientState, demandType, orDestroy } from './state.ts';

interface Held {
  readonly stage: HandshakeStage;
  readonly ticket: AuthenticatedTicket;
}

/**
 * Awaits Finished right after EncryptedExtensions: the server resumes, so neither side shows a certificate (RFC 8446
 * §2.2). Who the two are was proved in the session that the ticket came from.
 */
export class ExpectResumedFinished implements ClientState {
  readonly kind = 'ExpectResumedFinished';
  readonly #conversation: Conversation;
  readonly #held: Held;

  constructor(conversation: Conversation, held: Held) {
    this.#conversation = conversation;
    this.#held = held;
  }

  handle(message: HandshakeMessage): ClientState {
    demandType(message, this, 'Finished');
    const { stage, ticket } = this.#held;
    const { transcript } = this.#conversation;
    const server = verifyResumedFinished(ticket, {
      verifyData: message.body,
      transcriptHash: transcript.digest(),
      stage,
    });
    transcript.append(message.encoded);
    const application = stage.application(transcript.digest());
    return orDestroy(application, () => {
      enterApplicationReading(this.#conversation, application);
      this.#conversation.note({ resumed: true, clientAuthenticated: ticket.clientAuthenticated });
      return finishHandshake(this.#conversation, { stage, application, server });
    });
  }

  destroy(): void {
    this.#held.stage.destroy();
  }
}
