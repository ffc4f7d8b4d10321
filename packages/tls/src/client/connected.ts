import { KeystileError } from '@keystile/errors';
import { postHandshakeMessagesMax } from '../limits.ts';
import { encodeFinished } from '../messages/finished.ts';
import { decodeKeyUpdate, encodeKeyUpdate } from '../messages/key-update.ts';
import { type HandshakeMessage, handshakeTypes } from '../messages/message.ts';
import { decodeNewSessionTicket } from '../messages/new-session-ticket.ts';
import type { ApplicationTraffic, ExporterSecret } from '../schedule/stages.ts';
import { suiteParameters } from '../suites.ts';
import { ApplicationChannel } from './application-channel.ts';
import type { Conversation } from './conversation.ts';
import type { HandshakeSecrets } from './expect-finished.ts';
import { type ClientState, demandType } from './state.ts';
import { TicketKeeper } from './ticket-keeper.ts';

/** Sends the client's Finished and changes to application keys. */
export function finishHandshake(conversation: Conversation, secrets: HandshakeSecrets): Connected {
  const { stage, application, server } = secrets;
  const verifyData = stage.client.finished(conversation.transcript.digest());
  conversation.send('Finished', encodeFinished(verifyData));
  conversation.changeWriteKeys('application', application.client.protection());
  const tickets = ticketKeeper(conversation, secrets);
  stage.destroy();
  conversation.traceKey('destroyed', 'client_handshake_traffic_secret', 'server_handshake_traffic_secret');
  return new Connected(conversation, {
    channel: new ApplicationChannel(server, conversation.writer),
    write: application.client,
    read: application.server,
    exporter: application.exporter,
    tickets,
  });
}

function ticketKeeper(conversation: Conversation, { application, server }: HandshakeSecrets): TicketKeeper | undefined {
  const { resumption } = conversation.options;
  if (resumption === undefined) {
    application.destroyMaster();
    return undefined;
  }
  conversation.traceKey('derived', 'resumption_master_secret');
  return new TicketKeeper({
    resumption,
    server,
    secret: application.resumption(conversation.transcript.digest()),
    clientAuthenticated: conversation.negotiated.clientAuthenticated ?? false,
  });
}

interface ConnectedSecrets {
  readonly channel: ApplicationChannel;
  readonly write: ApplicationTraffic;
  readonly read: ApplicationTraffic;
  readonly exporter: ExporterSecret;
  /** Absent when the caller does not resume. */
  readonly tickets: TicketKeeper | undefined;
}

/** After the handshake: application data, key updates (RFC 8446 §4.6.3) and tickets (§4.6.1). */
export class Connected implements ClientState {
  readonly kind = 'Connected';
  readonly channel: ApplicationChannel;
  readonly exporter: ExporterSecret;
  readonly #conversation: Conversation;
  readonly #recordsPerKeyMax: number;
  readonly #tickets: TicketKeeper | undefined;
  #write: ApplicationTraffic;
  #read: ApplicationTraffic;
  #writeGeneration = 0;
  #readGeneration = 0;
  /** Messages in a row without application data between them. */
  #messagesInARow = 0;
  #replyOwed = false;
  #updateRequested = false;
  #peerClosed = false;
  #hasEnded = false;
  #hasReceived = false;

  constructor(conversation: Conversation, { channel, write, read, exporter, tickets }: ConnectedSecrets) {
    this.#conversation = conversation;
    this.channel = channel;
    this.exporter = exporter;
    this.#tickets = tickets;
    this.#write = write;
    this.#read = read;
    const { cipherSuite } = conversation.negotiated;
    const suiteMax = cipherSuite === undefined ? 0 : suiteParameters[cipherSuite].recordsPerKeyMax;
    this.#recordsPerKeyMax = Math.min(suiteMax, conversation.policy.recordsPerKeyMax);
  }

  /** The server sent close_notify: nothing more will come, but we may still write. */
  get peerClosed(): boolean {
    return this.#peerClosed;
  }

  /** Whether any application data came. */
  get hasReceived(): boolean {
    return this.#hasReceived;
  }

  handle(message: HandshakeMessage): ClientState {
    this.#demandFreshReadKey();
    demandType(message, this, 'NewSessionTicket', 'KeyUpdate');
    this.#messagesInARow++;
    if (this.#messagesInARow > postHandshakeMessagesMax) {
      throw new KeystileError('KS-T118', `more than ${postHandshakeMessagesMax} tickets and key updates in a row`);
    }
    if (message.type === handshakeTypes.KeyUpdate) this.#receiveKeyUpdate(message);
    else this.#receiveTicket(message);
    return this;
  }

  deliver(content: Uint8Array): ClientState {
    this.#demandFreshReadKey();
    if (content.length > 0) {
      this.#messagesInARow = 0;
      this.#hasReceived = true;
    }
    this.channel.deliver(content);
    this.#conversation.options.trace({ kind: 'application-data', direction: 'received', length: content.length });
    // RFC 8446 §5.5: the keys the server sends under wear out too, and only it can change them. It is asked in time for
    // what it has on the way to arrive before they are.
    if (!this.#updateRequested && this.#conversation.reader.recordsUnderKey >= this.#recordsPerKeyMax / 2) {
      this.updateKeys({ updateRequested: true });
    }
    return this;
  }

  write(plaintext: Uint8Array): void {
    const { writer, options } = this.#conversation;
    for (let at = 0; at < plaintext.length; ) {
      // One record of the old key is left for the KeyUpdate itself.
      if (this.#replyOwed || writer.recordsUnderKey >= this.#recordsPerKeyMax - 1) {
        this.updateKeys({ updateRequested: false });
      }
      const fragment = plaintext.subarray(at, at + writer.contentMax);
      this.channel.write(fragment);
      at += fragment.length;
    }
    options.trace({ kind: 'application-data', direction: 'sent', length: plaintext.length });
  }

  /** Sends a KeyUpdate and changes our sending key; `updateRequested` asks the server to change its own. */
  updateKeys(request: { readonly updateRequested: boolean }): void {
    if (this.#hasEnded) return;
    const conversation = this.#conversation;
    conversation.send('KeyUpdate', encodeKeyUpdate(request), { hashed: false });
    this.#write = this.#write.next();
    conversation.changeWriteKeys('application', this.#write.protection());
    conversation.traceKey('destroyed', `client_application_traffic_secret_${this.#writeGeneration++}`);
    conversation.traceKey('derived', `client_application_traffic_secret_${this.#writeGeneration}`);
    this.#replyOwed = false;
    if (request.updateRequested) this.#updateRequested = true;
  }

  /** close_notify was sent: neither data nor a KeyUpdate may follow. */
  endWriting(): void {
    this.#hasEnded = true;
  }

  endReading(): ClientState {
    this.#peerClosed = true;
    return this;
  }

  destroy(): void {
    this.#write.destroy();
    this.#read.destroy();
    this.exporter.destroy();
    this.#tickets?.destroy();
  }

  #demandFreshReadKey(): void {
    if (this.#conversation.reader.recordsUnderKey <= this.#recordsPerKeyMax) return;
    const reason = this.#updateRequested
      ? 'and ignores the request to change it'
      : 'and could not be asked to change it';
    throw new KeystileError('KS-T164', `the server sent ${this.#recordsPerKeyMax} records under one key ${reason}`);
  }

  #receiveTicket(message: HandshakeMessage): void {
    const ticket = decodeNewSessionTicket(message.body);
    ticket.extensions.check('NewSessionTicket', new Set());
    if (this.#tickets?.keep(ticket) === true) this.#conversation.traceKey('created', 'ticket key');
  }

  #receiveKeyUpdate(message: HandshakeMessage): void {
    const { updateRequested } = decodeKeyUpdate(message.body);
    const conversation = this.#conversation;
    this.#read = this.#read.next();
    this.#updateRequested = false;
    conversation.changeReadKeys('application', this.#read.protection());
    conversation.traceKey('destroyed', `server_application_traffic_secret_${this.#readGeneration++}`);
    conversation.traceKey('derived', `server_application_traffic_secret_${this.#readGeneration}`);
    if (!updateRequested) return;
    // RFC 8446 §4.6.3: the answer comes before our next data, one however many the requests were. Silent, we owe none.
    this.#replyOwed = true;
  }
}
