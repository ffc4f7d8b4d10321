import { KeystileError } from '@keystile/errors';
import { type Alert, alertCodes } from '../alerts.ts';
import { type CipherSuite, type Group, nameOf } from '../codepoints.ts';
import type { Random } from '../groups/key-exchange.ts';
import { handshakeBytesMax } from '../limits.ts';
import { HandshakeJoiner } from '../messages/joiner.ts';
import { type HandshakeMessage, type HandshakeType, handshakeTypes } from '../messages/message.ts';
import type { CheckedTlsPolicy } from '../policy.ts';
import type { Protection } from '../record/protection.ts';
import { RecordReader } from '../record/reader.ts';
import { RecordWriter } from '../record/writer.ts';
import type { CheckedResumption } from '../resumption/resumption.ts';
import { Transcript } from '../schedule/transcript.ts';
import type { CheckedClientCertificate } from './client-certificate.ts';
import type { KeyEpoch, Trace } from './trace.ts';
import type { CertificateVerifier } from './verifier.ts';

/** What the caller gives a connection, checked. */
export interface ConversationOptions {
  readonly policy: CheckedTlsPolicy;
  readonly serverName: string;
  readonly verifier: CertificateVerifier;
  readonly clientCertificate: CheckedClientCertificate | undefined;
  readonly resumption: CheckedResumption | undefined;
  /** Absent, OpenSSL's own generator. */
  readonly random: Random | undefined;
  readonly trace: Trace;
}

/** What was negotiated so far; public facts only. */
export interface Negotiated {
  readonly cipherSuite?: CipherSuite;
  readonly group?: Group;
  readonly alpn?: string;
  /** The client's certificate and signature were sent. Whether the server likes them, TLS 1.3 does not say. */
  readonly clientAuthenticated?: boolean;
  /** By a ticket: how server and client were authenticated was seen in an earlier connection. */
  readonly resumed?: boolean;
}

/**
 * What every state of one connection shares: the options, both record directions, the transcript and the facts.
 *
 * It does not know the order of messages; the states do.
 */
export class Conversation {
  readonly options: ConversationOptions;
  readonly reader = new RecordReader();
  readonly writer: RecordWriter;
  readonly joiner = new HandshakeJoiner(handshakeBytesMax);
  readonly transcript = new Transcript();
  #negotiated: Negotiated = {};
  #readEpoch: KeyEpoch = 'none';
  #writeEpoch: KeyEpoch = 'none';
  #closeNotifySent = false;

  constructor(options: ConversationOptions) {
    this.options = options;
    this.writer = new RecordWriter(options.policy.paddingMultiple);
  }

  get policy(): CheckedTlsPolicy {
    return this.options.policy;
  }

  get negotiated(): Negotiated {
    return this.#negotiated;
  }

  note(facts: Negotiated): void {
    this.#negotiated = { ...this.#negotiated, ...facts };
  }

  /** Sends a handshake message; `hashed: false` for those after the handshake, which no transcript covers. */
  send(
    type: HandshakeType,
    encoded: Uint8Array,
    { hashed = true, fragmentMax }: { readonly hashed?: boolean; readonly fragmentMax?: number | undefined } = {},
  ): void {
    if (hashed) this.transcript.append(encoded);
    this.writer.send('handshake', encoded, fragmentMax);
    const { length } = encoded;
    this.options.trace({ kind: 'message', direction: 'sent', name: type, length, protectedBy: this.#writeEpoch });
  }

  get closeNotifySent(): boolean {
    return this.#closeNotifySent;
  }

  /** Nothing is said after close_notify (RFC 8446 §6.1). */
  sendAlert(alert: Alert): void {
    if (this.#closeNotifySent) return;
    this.#closeNotifySent = alert === 'close_notify';
    const level = alert === 'close_notify' || alert === 'no_renegotiation' ? alertLevels.warning : alertLevels.fatal;
    this.writer.send('alert', Uint8Array.of(level, alertCodes[alert]));
    this.traceAlert('sent', alert);
  }

  traceReceived(message: HandshakeMessage): void {
    const name = nameOf(handshakeTypes, message.type) ?? `type ${message.type}`;
    const { length } = message.encoded;
    this.options.trace({ kind: 'message', direction: 'received', name, length, protectedBy: this.#readEpoch });
  }

  traceAlert(direction: 'sent' | 'received', name: string): void {
    const protectedBy = direction === 'sent' ? this.#writeEpoch : this.#readEpoch;
    this.options.trace({ kind: 'alert', direction, name, protectedBy });
  }

  traceKey(action: 'created' | 'derived' | 'destroyed', ...names: readonly string[]): void {
    for (const name of names) this.options.trace({ kind: 'key', action, name });
  }

  changeReadKeys(epoch: KeyEpoch, protection: Protection): void {
    this.#readEpoch = epoch;
    this.reader.useProtection(protection);
    this.demandMessageBoundary();
  }

  /** RFC 8446 §5.1: no handshake message may straddle a key change; nor may one follow a message that awaits our answer. */
  demandMessageBoundary(): void {
    if (!this.joiner.midMessage) return;
    throw new KeystileError('KS-T110', 'handshake bytes follow in the same record where none can');
  }

  changeWriteKeys(epoch: KeyEpoch, protection: Protection): void {
    this.#writeEpoch = epoch;
    this.writer.useProtection(protection);
  }

  destroy(): void {
    this.reader.destroy();
    this.writer.destroy();
    this.joiner.clear();
  }
}

export const alertLevels = { warning: 1, fatal: 2 } as const;
