import { decodeCodeList } from '../extensions/code-list.ts';
import { decodeEncryptedExtensions } from '../messages/encrypted-extensions.ts';
import type { HandshakeMessage } from '../messages/message.ts';
import type { HandshakeStage } from '../schedule/stages.ts';
import { acceptProtocol, acceptRecordSize, acceptServerName } from './accept-extensions.ts';
import type { Conversation } from './conversation.ts';
import { ExpectCertificateOrRequest } from './expect-certificate.ts';
import { type ClientState, demandType } from './state.ts';

/** Awaits EncryptedExtensions (RFC 8446 §4.3.1): ALPN and the record size. */
export class ExpectEncryptedExtensions implements ClientState {
  readonly kind = 'ExpectEncryptedExtensions';
  readonly #conversation: Conversation;
  readonly #stage: HandshakeStage;
  readonly #asked: ReadonlySet<number>;

  constructor(conversation: Conversation, stage: HandshakeStage, asked: ReadonlySet<number>) {
    this.#conversation = conversation;
    this.#stage = stage;
    this.#asked = asked;
  }

  handle(message: HandshakeMessage): ClientState {
    demandType(message, this, 'EncryptedExtensions');
    const extensions = decodeEncryptedExtensions(message.body);
    extensions.check('EncryptedExtensions', this.#asked);
    acceptServerName(extensions);
    // RFC 8446 §4.2.7: the server's own list is advice for later connections, which have their policy; it must be one.
    const groups = extensions.get('supported_groups');
    if (groups !== undefined) decodeCodeList('supported_groups', groups);
    acceptProtocol(this.#conversation, extensions);
    acceptRecordSize(this.#conversation, extensions, '1.3');
    this.#conversation.transcript.append(message.encoded);
    return new ExpectCertificateOrRequest(this.#conversation, this.#stage);
  }

  destroy(): void {
    this.#stage.destroy();
  }
}
