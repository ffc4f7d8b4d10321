import { X509Certificate } from 'node:crypto';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { KeystileError } from '@keystile/errors';
import type { ClientStatus, TlsClient } from '../client/connection.ts';
import type { SignRequest } from '../client/expect-signature.ts';
import type { SignatureScheme } from '../codepoints.ts';
import { plaintextLengthMax, readableHighWater } from '../limits.ts';
import { HandshakeTimer } from './handshake-timer.ts';
import { UnsentPieces } from './unsent-pieces.ts';

/** Hashes and signs `input` by `scheme`; gives DER. `ecdsaSignatureOf` makes it from the r ‖ s of a token. */
export type Signer = (input: Uint8Array, scheme: SignatureScheme) => Promise<Uint8Array> | Uint8Array;

export interface TlsStreamOptions {
  readonly client: TlsClient;
  /**
   * Gives what records go to: a `net.Socket`, or anything that carries bytes. What comes from it is told to `receive`, and
   * is its giver's again afterwards.
   */
  readonly openTransport: (receive: (bytes: Uint8Array) => void) => Duplex;
  readonly signer: Signer | undefined;
  readonly servername: string;
  readonly allowHalfOpen: boolean;
  readonly handshakeTimeoutMs: number;
}

/** What a `net.Socket` has beyond a Duplex; another transport may have some of it or nothing. */
type Transport = Duplex & Partial<Pick<Socket, Passed>>;
type Passed =
  | 'setKeepAlive'
  | 'setNoDelay'
  | 'setTimeout'
  | 'ref'
  | 'unref'
  | 'connecting'
  | 'remoteAddress'
  | 'remotePort'
  | 'remoteFamily'
  | 'localAddress'
  | 'localPort';

/** Received bytes that the engine takes at once: what a socket gives, and a quarter of what the engine may hold. */
const pieceLength = 65_536;
/** Up to here one write of a copy is cheaper than several. */
const joinedLengthMax = 4096;
/** How long the last records may take to leave after the stream was destroyed. */
const lingerMs = 1000;

/**
 * The engine on a byte stream, with the face of a `tls.TLSSocket`: what MQTT.js, undici and ws use of one.
 *
 *   application ──_write──► TlsClient.write ──► takeOutput ──► transport
 *   application ◄──_read─── readApplicationData ◄── receive ◄── transport
 *
 * All state is in the engine. After each event #advance moves whatever can move, in both directions, and nothing is
 * taken from one side that the other cannot hold: bytes are left in the transport while the application does not read
 * or a signature is awaited, and no more than a record's worth of writes is called back before the transport has room.
 *
 * What one turn of the event loop writes leaves in as few records as it fits, and in one write of the transport.
 */
export class TlsStream extends Duplex {
  readonly encrypted = true;
  readonly servername: string;
  readonly #client: TlsClient;
  readonly #transport: Transport;
  readonly #signer: Signer | undefined;
  readonly #timer: HandshakeTimer;
  /** Bytes of the transport that the engine had no room for. */
  readonly #held: Uint8Array[] = [];
  /** Written by the application, not yet a record. */
  readonly #unsent = new UnsentPieces();
  /** Calls back the last write. */
  #written: (() => void) | undefined;
  #isTurnOver = true;
  #isWriting = false;
  #isTransportPaused = false;
  #ending: ((error?: KeystileError) => void) | undefined;
  #wanted = false;
  #transportFull = false;
  #transportEnded = false;
  #signedId: number | undefined;
  #isSecure = false;
  #isReadEnded = false;
  #wasSecure: ClientStatus | undefined;

  constructor({ client, openTransport, signer, servername, allowHalfOpen, handshakeTimeoutMs }: TlsStreamOptions) {
    super({ allowHalfOpen, autoDestroy: true });
    this.servername = servername;
    this.#client = client;
    this.#transport = openTransport((bytes) => this.#receiveBytes(bytes));
    this.#signer = signer;
    this.#timer = new HandshakeTimer(handshakeTimeoutMs, (error) => this.destroy(error));
    this.#listen();
    client.start();
    this.#advance();
  }

  /** The server was authenticated. There is no connection on which it is not, so this says whether there is one. */
  get authorized(): boolean {
    return this.#isSecure;
  }

  /** Why not. */
  get authorizationError(): KeystileError | null {
    return this.#client.failure ?? null;
  }

  get alpnProtocol(): string | false {
    return this.#status.alpn ?? false;
  }

  /** TCP is not connected yet; `secureConnect` says when the handshake is done. */
  get connecting(): boolean {
    return this.#transport.connecting ?? false;
  }

  get remoteAddress(): string | undefined {
    return this.#transport.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#transport.remotePort;
  }

  get remoteFamily(): string | undefined {
    return this.#transport.remoteFamily;
  }

  get localAddress(): string | undefined {
    return this.#transport.localAddress;
  }

  get localPort(): number | undefined {
    return this.#transport.localPort;
  }

  /** The server's certificate in the form of `tls.TLSSocket`; an empty object before there is one. */
  getPeerCertificate(): object {
    return this.getPeerX509Certificate()?.toLegacyObject() ?? {};
  }

  getPeerX509Certificate(): X509Certificate | undefined {
    const leaf = this.#status.serverPath?.path[0];
    return leaf && new X509Certificate(leaf);
  }

  getProtocol(): string | null {
    return this.#status.protocol ?? null;
  }

  getCipher(): { readonly name: string; readonly standardName: string; readonly version: string } | undefined {
    const { cipherSuite: name, protocol } = this.#status;
    return name && { name, standardName: name, version: protocol ?? '' };
  }

  getEphemeralKeyInfo(): { readonly name?: string } {
    const { group } = this.#status;
    return group === undefined ? {} : { name: group };
  }

  isSessionReused(): boolean {
    return this.#status.resumed;
  }

  /** RFC 8446 §7.5. Throws `KS-T130` unless connected. */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Buffer {
    return Buffer.from(this.#client.exporter(label, context, length));
  }

  setKeepAlive(enable?: boolean, initialDelayMs?: number): this {
    this.#transport.setKeepAlive?.(enable, initialDelayMs);
    return this;
  }

  setNoDelay(noDelay?: boolean): this {
    this.#transport.setNoDelay?.(noDelay);
    return this;
  }

  /** `timeout` is emitted when the transport was idle for so long; a transport that is no socket never says so. */
  setTimeout(timeoutMs: number, onTimeout?: () => void): this {
    this.#transport.setTimeout?.(timeoutMs);
    if (onTimeout !== undefined) {
      if (timeoutMs > 0) this.once('timeout', onTimeout);
      else this.removeListener('timeout', onTimeout);
    }
    return this;
  }

  ref(): this {
    this.#transport.ref?.();
    this.#timer.ref();
    return this;
  }

  unref(): this {
    this.#transport.unref?.();
    this.#timer.unref();
    return this;
  }

  override _read(): void {
    this.#wanted = true;
    if (this.#client.readableBytes > 0 || this.#held.length > 0) this.#advance();
  }

  override _write(bytes: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.#unsent.append(bytes);
    this.#writeAfterTurn(done);
  }

  override _writev(pieces: readonly { readonly chunk: Uint8Array }[], done: () => void): void {
    for (const { chunk } of pieces) this.#unsent.append(chunk);
    this.#writeAfterTurn(done);
  }

  /** An MQTT packet of six pieces is one record, and so are six packets. */
  #writeAfterTurn(done: () => void): void {
    this.#written = done;
    if (!this.#isTurnOver || this.#isWriting) return;
    this.#isTurnOver = false;
    process.nextTick(() => {
      this.#isTurnOver = true;
      this.#advance();
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#ending = done;
    this.#advance();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#timer.stop();
    this.#flush();
    this.#client.discard();
    this.#held.length = 0;
    this.#unsent.clear();
    this.#leaveTransport();
    done(error);
  }

  /** Also of a connection that has ended: who it was does not change. */
  get #status(): ClientStatus {
    return this.#wasSecure ?? this.#client.status;
  }

  #listen(): void {
    const transport = this.#transport;
    transport.on('drain', () => {
      this.#transportFull = false;
      this.#advance();
    });
    const ended = (): void => {
      this.#transportEnded = true;
      this.#advance();
    };
    transport.on('end', ended);
    transport.on('close', ended);
    transport.on('connect', () => this.emit('connect'));
    transport.on('timeout', () => this.emit('timeout'));
    transport.on('error', (cause) => this.destroy(transportFailure(cause)));
  }

  #advance(): void {
    if (this.destroyed) return;
    this.#receive();
    if (this.#answerSignRequest()) this.#receive();
    this.#noteSecure();
    // A listener may have had enough.
    if (this.destroyed) return;
    this.#deliver();
    this.#writeOn();
    this.#flush();
    const { failure } = this.#client;
    if (failure !== undefined) this.destroy(failure);
    else this.#finish();
  }

  #receiveBytes(bytes: Uint8Array): void {
    if (this.destroyed) return;
    const isTaken = this.#held.length === 0 && !this.#isEngineFull && bytes.length <= pieceLength;
    if (isTaken) this.#client.receive(bytes);
    else this.#held.push(Uint8Array.from(bytes));
    this.#advance();
  }

  #receive(): void {
    while (!this.#isEngineFull && this.#held.length > 0) {
      const [bytes = new Uint8Array(0)] = this.#held;
      this.#client.receive(bytes.subarray(0, pieceLength));
      if (bytes.length > pieceLength) this.#held[0] = bytes.subarray(pieceLength);
      else this.#held.shift();
    }
    this.#pauseTransport(this.#held.length > 0);
    if (this.#transportEnded && this.#held.length === 0 && !this.#isHalfOpen) this.#client.transportEnded();
  }

  #pauseTransport(isPaused: boolean): void {
    if (isPaused === this.#isTransportPaused) return;
    this.#isTransportPaused = isPaused;
    if (isPaused) this.#transport.pause();
    else this.#transport.resume();
  }

  /** The server has ended in order, the transport with it, and we may still write. */
  get #isHalfOpen(): boolean {
    return this.#client.peerClosed && this.#transport.writable && !this.#transport.closed;
  }

  get #isEngineFull(): boolean {
    return this.#client.readableBytes >= readableHighWater || this.#client.signRequest !== undefined;
  }

  /** Whether it was answered at once, as a key in this process does: then certificate and signature leave together. */
  #answerSignRequest(): boolean {
    const request = this.#client.signRequest;
    if (request === undefined || request.id === this.#signedId) return false;
    this.#signedId = request.id;
    const answered = (signature: Uint8Array): boolean =>
      this.#conclude(request, () => this.#client.answerSignature(request.id, signature));
    const failed = (error: unknown): boolean =>
      this.#conclude(request, () => this.#client.failSignature(request.id, reasonOf(error)));
    try {
      const signature = this.#sign(request);
      if (signature instanceof Uint8Array) return answered(signature);
      signature.then(answered, failed).then(() => this.#advance());
      return false;
    } catch (error) {
      return failed(error);
    }
  }

  #sign({ input, scheme }: SignRequest): Promise<Uint8Array> | Uint8Array {
    if (this.#signer === undefined) throw new KeystileError('KS-T134', 'there is no signer');
    return this.#signer(input, scheme);
  }

  /** The stream may have been destroyed while the signer worked. */
  #conclude(request: SignRequest, step: () => void): boolean {
    if (this.destroyed || this.#client.signRequest?.id !== request.id) return false;
    step();
    return true;
  }

  #noteSecure(): void {
    if (this.#isSecure || this.#client.phase !== 'connected') return;
    this.#isSecure = true;
    this.#wasSecure = this.#client.status;
    this.#timer.stop();
    this.emit('secureConnect');
  }

  #deliver(): void {
    while (this.#wanted && this.#client.readableBytes > 0) {
      this.#wanted = this.push(this.#client.readApplicationData(plaintextLengthMax));
      this.#receive();
    }
    const isOver = this.#client.peerClosed || this.#client.phase === 'closed';
    if (this.#isReadEnded || !isOver || this.#client.readableBytes > 0) return;
    this.#isReadEnded = true;
    this.push(null);
  }

  #writeOn(): void {
    const { phase } = this.#client;
    const hasMore = this.#written !== undefined || this.#unsent.length > 0;
    // A failure has its own sentence, for whoever called.
    if (!hasMore || this.#isWriting || phase === 'handshaking' || phase === 'failed') return;
    if (!this.#client.isWritable) {
      this.destroy(new KeystileError('KS-T151', 'the connection was closed before all was written'));
      return;
    }
    this.#isWriting = true;
    this.#gather();
    // A short record is one piece, and so one write as it is.
    const isLong = this.#unsent.length > joinedLengthMax;
    if (isLong) this.#transport.cork();
    while (!this.#transportFull && this.#client.isWritable) {
      if (this.destroyed || this.#unsent.length === 0) break;
      this.#client.write(this.#unsent.take(plaintextLengthMax));
      this.#flush();
      this.#gather();
    }
    if (isLong) this.#transport.uncork();
    this.#isWriting = false;
  }

  /** Calls back, and so is given what was written since, until there is a record's worth. */
  #gather(): void {
    while (this.#written !== undefined && !this.#transportFull && this.#unsent.length < plaintextLengthMax) {
      const done = this.#written;
      this.#written = undefined;
      done();
    }
  }

  #flush(): void {
    if (this.#client.outputBytes === 0) return;
    const pieces =
      this.#client.outputBytes < joinedLengthMax ? [this.#client.takeOutput()] : this.#client.takeOutputPieces();
    if (!this.#transport.writable) return;
    if (pieces.length > 1) this.#transport.cork();
    for (const piece of pieces) {
      const isLarge = piece.length > joinedLengthMax && this.#transport.constructor === Socket;
      if (!this.#transport.write(piece, isLarge ? () => release(piece) : undefined)) this.#transportFull = true;
    }
    if (pieces.length > 1) this.#transport.uncork();
  }

  /** Our end: close_notify, then the end of the transport's writing side. */
  #finish(): void {
    const done = this.#ending;
    const isWriting = this.#isWriting || this.#written !== undefined || this.#unsent.length > 0;
    if (done === undefined || isWriting || this.#client.phase === 'handshaking') return;
    this.#ending = undefined;
    if (this.#client.isWritable) this.#client.end();
    this.#flush();
    if (this.#transport.writable)
      this.#transport.end((cause?: Error | null) => done(cause ? transportFailure(cause) : undefined));
    else done();
  }

  /** An alert may be on its way: it gets a moment, the host's memory does not wait for the peer. */
  #leaveTransport(): void {
    const transport = this.#transport;
    if (transport.destroyed || !transport.writable || transport.writableLength === 0) {
      transport.destroy();
      return;
    }
    const timer = setTimeout(() => transport.destroy(), lingerMs);
    timer.unref();
    transport.end(() => {
      clearTimeout(timer);
      transport.destroy();
    });
  }
}

function transportFailure(cause: NodeJS.ErrnoException): KeystileError {
  return new KeystileError('KS-T151', cause.message || cause.code || 'no reason given', { cause });
}

/**
 * Frees the memory of a written piece, which nobody else has, now: left to the collector, a flow of records makes V8 mark
 * its whole heap every few thousand.
 */
function release(piece: Uint8Array): void {
  if (piece.byteLength === piece.buffer.byteLength) (piece.buffer as ArrayBuffer).transfer(0);
}

function reasonOf(error: unknown): string {
  if (error instanceof KeystileError) return error.detail;
  return error instanceof Error ? error.message : 'the signer gave no reason';
}
