import { KeystileError } from '@keystile/errors';
import { decodeSelectedProtocol } from '../extensions/alpn.ts';
import { decodeCodeList } from '../extensions/code-list.ts';
import type { ExtensionBlock } from '../extensions/extension.ts';
import { decodeMaxFragmentLength, fragmentLengthFor } from '../extensions/max-fragment-length.ts';
import { decodeRecordSizeLimit } from '../extensions/record-size-limit.ts';
import { decodeEncryptedExtensions } from '../messages/encrypted-extensions.ts';
import type { HandshakeMessage } from '../messages/message.ts';
import type { HandshakeStage } from '../schedule/stages.ts';
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
    // RFC 6066 §3: an empty answer says that the server used the name.
    if ((extensions.get('server_name')?.length ?? 0) > 0) {
      throw new KeystileError('KS-T111', 'server_name: the answer of a server is empty');
    }
    // RFC 8446 §4.2.7: the server's own list is advice for later connections, which have their policy; it must be one.
    const groups = extensions.get('supported_groups');
    if (groups !== undefined) decodeCodeList('supported_groups', groups);
    this.#acceptProtocol(extensions);
    this.#acceptRecordSize(extensions);
    this.#conversation.transcript.append(message.encoded);
    if (ticket !== undefined) return new ExpectResumedFinished(this.#conversation, { stage, ticket });
    return new ExpectCertificateOrRequest(this.#conversation, stage);
  }

  destroy(): void {
    this.#held.stage.destroy();
  }

  #acceptProtocol(extensions: ExtensionBlock): void {
    const { alpn, alpnRequired } = this.#conversation.policy;
    const data = extensions.get('application_layer_protocol_negotiation');
    if (data === undefined) {
      if (!alpnRequired) return;
      throw new KeystileError('KS-T106', `the server selected none of the application protocols ${alpn.join(', ')}`);
    }
    const name = decodeSelectedProtocol(data);
    if (!alpn.includes(name)) {
      throw new KeystileError('KS-T112', 'the server selected an application protocol that was not offered');
    }
    this.#conversation.note({ alpn: name });
  }

  #acceptRecordSize(extensions: ExtensionBlock): void {
    const { reader, writer, policy } = this.#conversation;
    const limitData = extensions.get('record_size_limit');
    const fragmentData = extensions.get('max_fragment_length');
    // RFC 8449 §5: a server that answers both is in error.
    if (limitData !== undefined && fragmentData !== undefined) {
      throw new KeystileError('KS-T112', 'the server answered both record_size_limit and max_fragment_length');
    }
    if (limitData !== undefined) {
      writer.limitInner(decodeRecordSizeLimit(limitData));
      reader.limitInner(policy.recordSizeLimit);
    }
    if (fragmentData !== undefined) {
      const length = decodeMaxFragmentLength(fragmentData);
      if (length === undefined || length !== fragmentLengthFor(policy.recordSizeLimit)) {
        throw new KeystileError('KS-T112', 'the server answered another max_fragment_length than was offered');
      }
      writer.limitPlaintext(length);
      reader.limitPlaintext(length);
    }
  }
}
