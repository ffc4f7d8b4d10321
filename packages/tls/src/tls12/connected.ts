import { KeystileError } from '@keystile/errors';
import { ApplicationChannel } from '../client/application-channel.ts';
import type { Conversation } from '../client/conversation.ts';
import type { AuthenticatedServer } from '../client/proof.ts';
import { type ClientState, demandType } from '../client/state.ts';
import { helloRequestsMax, postHandshakeMessageMax } from '../limits.ts';
import type { HandshakeMessage } from '../messages/message.ts';
import { suiteParameters } from '../suites.ts';
import { decodeHelloRequest } from './messages/hello-request.ts';
import type { ConnectedStage } from './stages.ts';

/**
 * After a TLS 1.2 handshake: application data, and no second handshake. A server's wish for one is declined
 * (RFC 5246 §7.2.2); keys, which nothing else could change, end the connection when they are worn out.
 */
export class Tls12Connected implements ClientState {
  readonly kind = 'Tls12Connected';
  readonly channel: ApplicationChannel;
  readonly exporter: ConnectedStage;
  readonly #conversation: Conversation;
  readonly #recordsPerKeyMax: number;
  /** In a row, without application data between them. */
  #helloRequests = 0;
  #peerClosed = false;
  #hasReceived = false;

  constructor(conversation: Conversation, server: AuthenticatedServer, stage: ConnectedStage) {
    this.#conversation = conversation;
    this.channel = new ApplicationChannel(server, conversation.writer);
    this.exporter = stage;
    const { cipherSuite } = conversation.negotiated;
    const suiteMax = cipherSuite === undefined ? 0 : suiteParameters[cipherSuite].recordsPerKeyMax;
    this.#recordsPerKeyMax = Math.min(suiteMax, conversation.policy.recordsPerKeyMax);
    conversation.joiner.limitEachMessage(postHandshakeMessageMax);
  }

  get peerClosed(): boolean {
    return this.#peerClosed;
  }

  get hasReceived(): boolean {
    return this.#hasReceived;
  }

  handle(message: HandshakeMessage): ClientState {
    demandType(message, this, 'HelloRequest');
    decodeHelloRequest(message.body);
    this.#helloRequests++;
    if (this.#helloRequests > helloRequestsMax) {
      throw new KeystileError('KS-T118', `more than ${helloRequestsMax} wishes to renegotiate in a row`);
    }
    this.#demandFreshKey(this.#conversation.writer.recordsUnderKey + 2);
    this.#conversation.sendAlert('no_renegotiation');
    return this;
  }

  deliver(content: Uint8Array): ClientState {
    const { reader, options } = this.#conversation;
    this.#demandFreshKey(reader.recordsUnderKey);
    if (content.length > 0) {
      this.#helloRequests = 0;
      this.#hasReceived = true;
    }
    this.channel.deliver(content);
    options.trace({ kind: 'application-data', direction: 'received', length: content.length });
    return this;
  }

  write(plaintext: Uint8Array): void {
    const { writer, options } = this.#conversation;
    for (let at = 0; at < plaintext.length; ) {
      // One record of the key is left for the alert that ends the connection.
      this.#demandFreshKey(writer.recordsUnderKey + 2);
      const fragment = plaintext.subarray(at, at + writer.contentMax);
      this.channel.write(fragment);
      at += fragment.length;
    }
    options.trace({ kind: 'application-data', direction: 'sent', length: plaintext.length });
  }

  updateKeys(): void {
    throw new KeystileError('KS-T163', 'a key update was asked for on a TLS 1.2 connection');
  }

  endWriting(): void {}

  /** RFC 5246 §7.2.1: close_notify is answered at once, and nothing is written after it. */
  endReading(): ClientState {
    this.#peerClosed = true;
    this.#conversation.sendAlert('close_notify');
    return this;
  }

  destroy(): void {
    this.exporter.destroy();
  }

  #demandFreshKey(recordsUnderKey: number): void {
    if (recordsUnderKey <= this.#recordsPerKeyMax) return;
    throw new KeystileError('KS-T162', `${this.#recordsPerKeyMax} records are the most under one key`);
  }
}
