import { decodeCodeList } from '../extensions/code-list.ts';
import { decodeEncryptedExtensions } from '../messages/encrypted-extensions.ts';
import type { HandshakeMessage } from '../messages/message.ts';
import type { HandshakeStage } from '../schedule/stages.ts';
import { acceptProtocol, acceptRecordSize, acceptServerName } from './accept-extensions.ts';
import type { Conversation } from './conversation.ts';
import { ExpectCertificateOrRequest } from './expect-certificate.ts';
import { ExpectResumedFinished } from './expect-resumed-finished.ts';
import type { AuthenticatedTicket } from './proof.ts';
import { type ClientState, demandType } from './state.ts';

interface Held {
  readonly stage: HandshakeStage;
  /** Codes of the extensions that the hello sent. */
  readonly asked: ReadonlySet<number>;
  /** The ticket whose key the server accepted. */
  readonly ticket: AuthenticatedTicket | undefined;
}

/** Awaits EncryptedExtensions (RFC 8446 §4.3.1): ALPN and the record size. */
export class ExpectEncryptedExtensions implements ClientState {
  readonly kind = 'ExpectEncryptedExtensions';
  readonly #conversation: Conversation;
  readonly #held: Held;

  constructor(conversation: Conversation, held: Held) {
    this.#conversation = conversation;
    this.#held = held;
  }

  handle(message: HandshakeMessage): ClientState {
    demandType(message, this, 'EncryptedExtensions');
    const extensions = decodeEncryptedExtensions(message.body);
    const { stage, asked, ticket } = this.#held;
    extensions.check('EncryptedExtensions', asked);
    acceptServerName(extensions);
    // RFC 8446 §4.2.7: the server's own list is advice for later connections, which have their policy; it must be one.
    const groups = extensions.get('supported_groups');
    if (groups !== undefined) decodeCodeList('supported_groups', groups);
    acceptProtocol(this.#conversation, extensions);
    acceptRecordSize(this.#conversation, extensions, '1.3');
    this.#conversation.transcript.append(message.encoded);
    if (ticket !== undefined) return new ExpectResumedFinished(this.#conversation, { stage, ticket });
    return new ExpectCertificateOrRequest(this.#conversation, stage);
  }

  destroy(): void {
    this.#held.stage.destroy();
  }
}
