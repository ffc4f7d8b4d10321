import { encodeUtf8 } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { alertCodes, alertFor } from '../alerts.ts';
import { type CipherSuite, nameOf } from '../codepoints.ts';
import type { Random } from '../groups/key-exchange.ts';
import {
  exporterLengthMax,
  inboundBacklogMax,
  outputBacklogMax,
  readableHighWater,
  warningAlertsMax,
} from '../limits.ts';
import type { HandshakeMessage } from '../messages/message.ts';
import { checkTlsPolicy, type TlsPolicy } from '../policy.ts';
import type { InboundRecord } from '../record/reader.ts';
import { checkResumption, type Resumption } from '../resumption/resumption.ts';
import { suiteParameters } from '../suites.ts';
import { ExpectChangeCipherSpec } from '../tls12/expect-change-cipher-spec.ts';
import { ExpectTls12Signature } from '../tls12/expect-signature.ts';
import type { ApplicationChannel } from './application-channel.ts';
import { type ClientCertificate, checkClientCertificate } from './client-certificate.ts';
import { alertLevels, Conversation, type Negotiated } from './conversation.ts';
import { type Established, isEstablished } from './established.ts';
import { ExpectServerHello } from './expect-server-hello.ts';
import { type AwaitsSignature, ExpectSignature, type SignRequest } from './expect-signature.ts';
import { type AlertMoment, errorOfPeerAlert } from './peer-alert.ts';
import { sendClientHello } from './send-client-hello.ts';
import { type ClientState, Closed, demandLegal, Failed, Idle } from './state.ts';
import type { Trace } from './trace.ts';
import type { CertificateVerifier, VerifiedServerPath } from './verifier.ts';

export interface ClientOptions {
  readonly policy: TlsPolicy;
  /** The name to dial and to demand of the server's certificate: a DNS name or an IP address literal. */
  readonly serverName: string;
  readonly verifier: CertificateVerifier;
  /** Without one, a request for it is answered with an empty list. */
  readonly clientCertificate?: ClientCertificate;
  /**
   * Cryptographically strong bytes: hello random, session id, private keys of EC key shares. ML-KEM and ECDSA draw from
   * OpenSSL's own generator; without this, the others do too.
   */
  readonly random?: Random;
  /** Whether and from where to resume; absent, every connection has a full handshake. */
  readonly resumption?: Resumption;
  readonly trace?: Trace;
}

export interface ClientStatus extends Negotiated {
  readonly phase: 'handshaking' | 'connected' | 'closed' | 'failed';
  readonly protocol?: 'TLSv1.3' | 'TLSv1.2';
  readonly clientAuthenticated: boolean;
  readonly resumed: boolean;
  /** The server sent close_notify. */
  readonly peerClosed: boolean;
  /** How the server was authenticated; present once connected. */
  readonly serverPath?: VerifiedServerPath;
}

/**
 * A client of TLS 1.3 (RFC 9846, which replaces RFC 8446 and keeps its section numbers) and, where the policy lists it, of
 * TLS 1.2 (RFC 5246 with RFC 7627, RFC 8422 and RFC 5746), without input or output: bytes and events go in by the methods, bytes come out by {@link TlsClient.takeOutput}, and a needed signature comes out as
 * {@link TlsClient.signRequest}. It opens no socket, sets no timer, reads no clock and awaits nothing.
 *
 * Nothing a server does makes a method throw: it moves the client to `failed`, with an alert in the output and the
 * reason in {@link TlsClient.failure}. Methods throw for misuse by the caller only.
 */
export class TlsClient {
  readonly #conversation: Conversation;
  #state: ClientState = new Idle();
  #warnings = 0;
  #hasTransportEnded = false;

  /** Throws `KS-T131` for options that cannot be honoured. */
  constructor(options: ClientOptions) {
    const { serverName, verifier, clientCertificate, random, trace = () => {} } = options;
    if (!/^[\x21-\x7e]{1,253}$/.test(serverName)) {
      throw new KeystileError('KS-T131', 'serverName is not a host name or address in ASCII form');
    }
    const context = {
      policy: checkTlsPolicy(options.policy),
      serverName,
      clientCertificate: clientCertificate && checkClientCertificate(clientCertificate),
    };
    this.#conversation = new Conversation({
      ...context,
      verifier,
      resumption: options.resumption && checkResumption(options.resumption, context),
      random,
      trace,
    });
  }

  /** Queues the ClientHello. */
  start(): void {
    if (this.#state.kind !== 'Idle') throw new KeystileError('KS-T130', 'the connection was started before');
    this.#step(() => new ExpectServerHello(this.#conversation, sendClientHello(this.#conversation)));
  }

  /**
   * Bytes from the network, in any pieces; the array is the caller's again afterwards. While a signature is awaited or read data waits they are kept undecrypted, up
   * to 256 KiB, beyond which the caller is at fault and the connection fails with `KS-T133`: push less, read more.
   */
  receive(bytes: Uint8Array): void {
    // RFC 8446 §6.1: what follows close_notify is ignored.
    if (this.#isOver || this.peerClosed) return;
    const { reader } = this.#conversation;
    reader.feed(bytes);
    this.#pump();
    reader.keep();
    if (reader.backlog > inboundBacklogMax) {
      this.#fail(new KeystileError('KS-T133', `${inboundBacklogMax} received bytes wait and nobody reads`));
    }
  }

  /** The transport ended. Without the server's close_notify, in what is still to be read, that is a failure: `KS-T119`. */
  transportEnded(): void {
    this.#hasTransportEnded = true;
    this.#concludeTransport();
  }

  /** Bytes for the network, at most `lengthMax` of them. They must be sent even after a failure: an alert is in them. */
  takeOutput(lengthMax: number = Number.MAX_SAFE_INTEGER): Uint8Array {
    return this.#conversation.writer.take(lengthMax);
  }

  /** All of it, as pieces that follow each other, for a transport that takes them so. */
  takeOutputPieces(): readonly Uint8Array[] {
    return this.#conversation.writer.takePieces();
  }

  get outputBytes(): number {
    return this.#conversation.writer.backlog;
  }

  /** Bytes that wait in either direction: undecrypted, in pieces of a message, to be read, to be taken. */
  get heldBytes(): number {
    const { reader, joiner } = this.#conversation;
    return reader.backlog + joiner.backlog + this.readableBytes + this.outputBytes;
  }

  /** What must be signed before the handshake can go on. */
  get signRequest(): SignRequest | undefined {
    return awaitsSignature(this.#state) ? this.#state.request : undefined;
  }

  /** `signature`: DER, over the request's input. One that does not verify fails the connection with `KS-T135`. */
  answerSignature(id: number, signature: Uint8Array): void {
    const state = this.#awaiting(id);
    this.#step(() => state.answer(signature));
    this.#pump();
  }

  /** The signer cannot or will not sign; `reason` ends up in the failure's sentence. */
  failSignature(id: number, reason: string): void {
    this.#awaiting(id);
    this.#fail(new KeystileError('KS-T134', reason));
  }

  /** Decrypted bytes that wait; they stay readable after the connection ended. */
  get readableBytes(): number {
    return this.#channel?.readableBytes ?? 0;
  }

  /**
   * At most `lengthMax` bytes of application data, and no piece of a record where whole ones fit; empty when there are none
   * yet. `KS-T130` before the handshake is done.
   */
  readApplicationData(lengthMax: number): Uint8Array {
    const channel = this.#channel;
    if (channel === undefined) throw this.#notConnected('application data was read');
    const data = channel.read(lengthMax);
    this.#pump();
    return data;
  }

  /**
   * Whether {@link TlsClient.write} takes data: connected, and close_notify was not sent. In TLS 1.2 it is sent as soon as
   * the server's came, since there the end of one direction is the end of both (RFC 5246 §7.2.1).
   */
  get isWritable(): boolean {
    return isEstablished(this.#state) && !this.#conversation.closeNotifySent;
  }

  /**
   * Queues application data. `KS-T133` when too much output waits already. In TLS 1.2 it can end the connection, with
   * `KS-T162`: keys that are worn out cannot be changed there.
   */
  write(plaintext: Uint8Array): void {
    const state = this.#writable('application data was written');
    if (this.outputBytes + plaintext.length > outputBacklogMax) {
      throw new KeystileError('KS-T133', `more than ${outputBacklogMax} bytes of output would wait`);
    }
    this.#step((from) => {
      state.write(plaintext);
      return from;
    });
  }

  /** Keying material for another protocol, bound to this connection (RFC 8446 §7.5; RFC 5705 with extended master secret). No context is another value than an empty one in TLS 1.2 only. */
  exporter(label: string, context: Uint8Array | undefined, length: number): Uint8Array {
    const state = this.#connected('an exporter value was asked for');
    const isLabel = /^[\x21-\x7e]+$/.test(label) && encodeUtf8(label).length <= exporterLabelMax;
    const isContext = (context?.length ?? 0) <= exporterContextMax;
    if (!isLabel || !isContext || !Number.isInteger(length) || length < 1 || length > exporterLengthMax) {
      throw new KeystileError('KS-T137', `${length} bytes for a label of ${label.length} characters`);
    }
    return state.exporter.export(label, context, length);
  }

  /** New keys for what we send and, on request to the server, for what we receive (RFC 8446 §4.6.3). TLS 1.2 has none: `KS-T163`. */
  updateKeys(): void {
    this.#writable('a key update was asked for').updateKeys({ updateRequested: true });
  }

  /** Queues close_notify: nothing more will be written; what the server still sends can be read (RFC 8446 §6.1). */
  end(): void {
    const state = this.#writable('the end of writing was announced');
    this.#conversation.sendAlert('close_notify');
    state.endWriting();
  }

  /** Queues close_notify and ends the connection. Data already received can still be read. */
  close(): void {
    if (this.#isOver) return;
    if (this.#state.kind !== 'Idle') this.#conversation.sendAlert('close_notify');
    this.#step(() => new Closed(this.#channel));
  }

  /** Forgets everything at once, unread data included, without a word to the server. For the end of an object's life. */
  discard(): void {
    const channel = this.#channel;
    if (!this.#isOver) this.#step(() => new Closed(undefined));
    channel?.destroy();
  }

  get status(): ClientStatus {
    const { negotiated } = this.#conversation;
    const serverPath = this.#channel?.path;
    return {
      ...negotiated,
      phase: this.phase,
      ...(negotiated.cipherSuite === undefined ? {} : { protocol: protocolOf(negotiated.cipherSuite) }),
      clientAuthenticated: negotiated.clientAuthenticated ?? false,
      resumed: negotiated.resumed ?? false,
      peerClosed: this.peerClosed,
      ...(serverPath === undefined ? {} : { serverPath }),
    };
  }

  /** As in {@link TlsClient.status}, for those who ask at every event. */
  get phase(): ClientStatus['phase'] {
    return phases[this.#state.kind] ?? 'handshaking';
  }

  /** The same: the server sent close_notify. */
  get peerClosed(): boolean {
    return isEstablished(this.#state) && this.#state.peerClosed;
  }

  /** Why the connection failed. */
  get failure(): KeystileError | undefined {
    return this.#state instanceof Failed ? this.#state.failure : undefined;
  }

  get #isOver(): boolean {
    return this.#state.kind === 'Closed' || this.#state.kind === 'Failed';
  }

  get #channel(): ApplicationChannel | undefined {
    const state = this.#state;
    if (isEstablished(state) || state instanceof Closed || state instanceof Failed) return state.channel;
    return undefined;
  }

  /** The only place that assigns the state: every step is checked against the table, every error becomes `Failed`. */
  #step(step: (state: ClientState) => ClientState): void {
    const from = this.#state;
    let to: ClientState;
    try {
      to = step(from);
      if (to !== from) demandLegal(from.kind, to.kind);
    } catch (error) {
      to = this.#failed(toKeystileError(error));
    }
    if (to === from) return;
    this.#state = to;
    this.#conversation.options.trace({ kind: 'state', from: from.kind, to: to.kind });
    if (this.#isOver) {
      from.destroy();
      this.#conversation.destroy();
    }
  }

  /** Handles everything that can be handled now. */
  #pump(): void {
    let hasMore = true;
    while (hasMore && !this.#isOver && !this.#isPaused) {
      this.#step((state) => {
        const input = this.#nextInput();
        hasMore = input !== undefined;
        if (input === undefined) return state;
        return input.kind === 'message' ? state.handle(input.message) : this.#handleRecord(state, input.record);
      });
    }
    this.#concludeTransport();
  }

  get #isPaused(): boolean {
    return awaitsSignature(this.#state) || this.peerClosed || this.#isReaderBehind;
  }

  /** The reader of application data lags: what came since stays undecrypted. */
  get #isReaderBehind(): boolean {
    return this.readableBytes >= readableHighWater;
  }

  /** A close_notify may still be among what the reader has not made room for. */
  #concludeTransport(): void {
    if (!this.#hasTransportEnded || this.#isOver || this.#isReaderBehind) return;
    if (this.peerClosed) this.close();
    else this.#fail(cutShort(this.#state));
  }

  /** The next whole message, or else the next record, if there is one. */
  #nextInput(): Input | undefined {
    const { joiner, reader } = this.#conversation;
    const message = joiner.next();
    if (message !== undefined) {
      this.#conversation.traceReceived(message);
      return { kind: 'message', message };
    }
    const record = reader.next(joiner.midMessage);
    return record === undefined ? undefined : { kind: 'record', record };
  }

  #handleRecord(state: ClientState, record: InboundRecord): ClientState {
    if (record.type === 'handshake') {
      this.#conversation.joiner.push(record.content, record.isProtected);
      return state;
    }
    // RFC 8446 §5.1: the fragments of one message stand in records that follow each other.
    if (this.#conversation.joiner.midMessage) {
      throw new KeystileError('KS-T110', `a record of type ${record.type} in the middle of a handshake message`);
    }
    if (record.type === 'alert') return this.#handleAlert(state, record.content);
    if (record.type === 'change_cipher_spec') return acceptChangeCipherSpec(state);
    if (isEstablished(state)) return state.deliver(record.content);
    throw new KeystileError('KS-T110', `application data came in the handshake (${state.kind})`);
  }

  /** RFC 8446 §6: the level says nothing any more, all but two alerts end the connection. In TLS 1.2 it does. */
  #handleAlert(state: ClientState, content: Uint8Array): ClientState {
    const [level, description] = content;
    if (content.length !== 2 || description === undefined) {
      throw new KeystileError('KS-T111', `an alert record of ${content.length} bytes`);
    }
    this.#conversation.traceAlert('received', nameOf(alertCodes, description) ?? String(description));
    if (description === alertCodes.close_notify && isEstablished(state)) return state.endReading();
    const isWarning = this.#isTls12 && level === alertLevels.warning && description !== alertCodes.close_notify;
    if (isWarning || description === alertCodes.user_canceled) return this.#countWarning(state);
    return new Failed(errorOfPeerAlert(description, momentOf(state)), this.#channel);
  }

  #countWarning(state: ClientState): ClientState {
    this.#warnings++;
    if (this.#warnings <= warningAlertsMax) return state;
    throw new KeystileError('KS-T118', `more than ${warningAlertsMax} warnings`);
  }

  #fail(error: KeystileError): void {
    this.#step(() => this.#failed(error));
  }

  #failed(error: KeystileError): Failed {
    const alert = alertFor(error);
    if (alert !== 'none' && this.#state.kind !== 'Idle') this.#conversation.sendAlert(alert);
    return new Failed(error, this.#channel);
  }

  get #isTls12(): boolean {
    const { cipherSuite } = this.#conversation.negotiated;
    return cipherSuite !== undefined && protocolOf(cipherSuite) === 'TLSv1.2';
  }

  #awaiting(id: number): AwaitsSignature {
    const state = this.#state;
    if (awaitsSignature(state) && state.request.id === id) return state;
    throw new KeystileError('KS-T132', `no sign request with the id ${id} is pending`);
  }

  #writable(what: string): Established {
    if (this.#conversation.closeNotifySent) throw new KeystileError('KS-T130', `${what} after close_notify was sent`);
    return this.#connected(what);
  }

  #connected(what: string): Established {
    if (isEstablished(this.#state)) return this.#state;
    throw this.#notConnected(what);
  }

  #notConnected(what: string): KeystileError {
    return new KeystileError('KS-T130', `${what} in the state ${this.#state.kind}`);
  }
}

type Input =
  | { readonly kind: 'message'; readonly message: HandshakeMessage }
  | { readonly kind: 'record'; readonly record: InboundRecord };

const phases: Readonly<Record<string, ClientStatus['phase']>> = {
  Connected: 'connected',
  Tls12Connected: 'connected',
  Closed: 'closed',
  Failed: 'failed',
};

/** HkdfLabel holds 255 bytes, "tls13 " included (RFC 8446 §7.1). */
const exporterLabelMax = 249;

/** RFC 5705 §4 has 16 bits for its length. TLS 1.3 hashes it, and sets no limit of its own. */
const exporterContextMax = 0xffff;

function protocolOf(suite: CipherSuite): 'TLSv1.3' | 'TLSv1.2' {
  return `TLSv${suiteParameters[suite].version}`;
}

function awaitsSignature(state: ClientState): state is AwaitsSignature {
  return state instanceof ExpectSignature || state instanceof ExpectTls12Signature;
}

function acceptChangeCipherSpec(state: ClientState): ClientState {
  if (state instanceof ExpectChangeCipherSpec) return state.changeCipherSpec();
  throw new KeystileError('KS-T110', `change_cipher_spec came where it may not (${state.kind})`);
}

function momentOf(state: ClientState): AlertMoment {
  if (state.alertMoment !== undefined) return state.alertMoment;
  if (state.kind === 'ExpectServerHello') return 'before ServerHello';
  return isEstablished(state) ? "after the client's answer" : 'in the handshake';
}

/**
 * In TLS 1.3 the handshake gives the client no word on its certificate: a server that drops it without an alert (node:tls does) looks
 * like a network that broke right after the handshake.
 */
function cutShort(state: ClientState): KeystileError {
  const wasSilent = isEstablished(state) ? !state.hasReceived : momentOf(state).startsWith('after');
  const guess = wasSilent
    ? "; the server said nothing since the client's answer: it may have refused this part's certificate"
    : '';
  return new KeystileError('KS-T119', `the transport ended without close_notify (${state.kind})${guess}`);
}

/** What is not a coded error is a fault of ours; its message may name internals but its cause is not kept. */
function toKeystileError(error: unknown): KeystileError {
  if (error instanceof KeystileError) return error;
  return new KeystileError('KS-T100', error instanceof Error ? `${error.name}: ${error.message}` : 'an unknown fault');
}
