import { createHash } from 'node:crypto';
import { encodeUtf8 } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { type KeySlot, type Policy, TLS_CHUNK_MAX, type TlsPhase, type TlsProgress } from '@keystile/link';
import type { ClientStatus, TlsClient } from '@keystile/tls';
import type { ByteBudget } from './byte-budget.ts';
import type { RevocationLists } from './revocation-lists.ts';
import type { SessionTrace } from './session-trace.ts';

/**
 * One TLS session: the engine, what it was opened for, and the limits that a part sets on it.
 *
 * The engine awaits nothing; a signature that it needs is asked of `sign` and given back to it here.
 */
export interface TlsSessionOptions {
  readonly policy: Policy;
  readonly serverName: string;
  readonly client: TlsClient;
  readonly trace: SessionTrace;
  readonly lists: RevocationLists;
  /** Absent without a limit. */
  readonly budget: ByteBudget | undefined;
  /** Milliseconds since the session was opened. */
  readonly elapsedMs: () => number;
  /** DER. Rejects when the vault cannot sign. */
  readonly sign: (slot: KeySlot, input: Uint8Array) => Promise<Uint8Array>;
  /** The first time that the session is connected. */
  readonly onConnected: (status: ClientStatus) => void;
  /** The session has failed, and why. Once. */
  readonly onFailed: (code: string) => void;
}

/** A handshake that a slow or silent server does not finish must not hold a session (ARCHITECTURE section 8). */
export const HANDSHAKE_MS_MAX = 10_000;
/** Decrypted bytes of one session beyond which nothing more is taken from the network: two records. */
const READABLE_MAX = 32_768;
/** Encrypted bytes of one session that wait for the network. */
const OUTGOING_MAX = 65_536;
/**
 * Bytes that wait in one session, whatever server and host do: what is read, written and brought of lists by the limits
 * above, the largest certificate message of a handshake, and one record in pieces in each direction. Queues may occupy twice
 * as much, since they grow by doubling. Beside them a session keeps the server's path, at most 64 KiB, and its trace.
 */
export const SESSION_BYTES_MAX = 196_608;
/** Beside a full TLS_READ the answer has room for this much. */
export const OUTGOING_BESIDE_DATA_MAX = 4096;

export class TlsSession {
  readonly #options: TlsSessionOptions;
  #isDiscarded = false;
  #wasConnected = false;
  #hasFailed = false;
  /** A failure that the engine does not know of: the part's own limit on a session. */
  #failure: KeystileError | undefined;

  constructor(options: TlsSessionOptions) {
    this.#options = options;
  }

  get policy(): Policy {
    return this.#options.policy;
  }

  get serverName(): string {
    return this.#options.serverName;
  }

  get trace(): SessionTrace {
    return this.#options.trace;
  }

  get lists(): RevocationLists {
    return this.#options.lists;
  }

  /** Bytes that wait in it, in either direction; at most {@link SESSION_BYTES_MAX}. */
  get heldBytes(): number {
    return this.#options.client.heldBytes + this.lists.heldBytes;
  }

  get status(): ClientStatus {
    return this.#options.client.status;
  }

  /** Why it failed, as answers say it. */
  get statedFailure(): TlsProgress['failure'] {
    const failure = this.#failure ?? this.#options.client.failure;
    return failure && { code: failure.code, detail: fitDetail(failure.detail) };
  }

  /** `closed` once the peer has said that nothing more comes and all that came was read. */
  get phase(): TlsPhase {
    const { phase, peerClosed } = this.status;
    if (this.#failure !== undefined) return 'failed';
    if (phase === 'connected' && peerClosed && this.#options.client.readableBytes === 0) return 'closed';
    return phase;
  }

  /** SHA-256 of the server's certificate, once it is verified. */
  get peerCertificateDigest(): Uint8Array {
    const leaf = this.status.serverPath?.path[0];
    return leaf === undefined ? new Uint8Array(0) : new Uint8Array(createHash('sha256').update(leaf).digest());
  }

  start(): void {
    this.#options.client.start();
  }

  /** Bytes from the network. Throws `KS-C164` when the session is full, and has then taken none of them. */
  async push(bytes: Uint8Array): Promise<void> {
    this.checkDuration();
    const { client, budget } = this.#options;
    if (budget !== undefined && bytes.length > budget.left()) return this.#giveUp(budget.exhausted());
    if (client.readableBytes >= READABLE_MAX) {
      throw new KeystileError('KS-C164', `${client.readableBytes} decrypted bytes wait for TLS_READ`);
    }
    budget?.spend(bytes.length);
    client.receive(bytes);
    await this.#answerSignRequest();
    this.#notePhase();
    this.#noteFailed();
  }

  read(lengthMax: number): Uint8Array {
    return this.#options.client.readApplicationData(Math.min(lengthMax, TLS_CHUNK_MAX));
  }

  /** Throws `KS-C164` when the session is full, `KS-T130` unless it is connected. */
  write(plaintext: Uint8Array): void {
    const { client, budget } = this.#options;
    if (budget !== undefined && client.outputBytes + plaintext.length > budget.left()) {
      return this.#giveUp(budget.exhausted());
    }
    if (client.outputBytes + plaintext.length > OUTGOING_MAX) {
      throw new KeystileError('KS-C164', `${client.outputBytes} encrypted bytes wait for TLS_PULL`);
    }
    client.write(plaintext);
  }

  updateKeys(): void {
    this.#options.client.updateKeys();
  }

  close(): void {
    this.#options.client.close();
  }

  /** Forgets everything at once. */
  discard(): void {
    this.#isDiscarded = true;
    this.lists.take();
    this.#options.client.discard();
  }

  /** Whether the session still does something for its host. */
  get isSpent(): boolean {
    this.checkDuration();
    return this.phase === 'failed' || this.phase === 'closed';
  }

  /** Gives up a handshake that has taken too long. */
  checkDuration(): void {
    const { client, elapsedMs } = this.#options;
    if (this.#failure !== undefined || client.status.phase !== 'handshaking') return;
    if (elapsedMs() <= HANDSHAKE_MS_MAX) return;
    this.#giveUp(new KeystileError('KS-C165', `no connection within ${HANDSHAKE_MS_MAX / 1000} powered seconds`));
  }

  /** What every command on a session answers; it takes up to `outgoingMax` bytes for the network along. */
  progress(outgoingMax: number = TLS_CHUNK_MAX): TlsProgress {
    const { client, budget } = this.#options;
    const outgoing = client.takeOutput(outgoingMax);
    budget?.spend(outgoing.length);
    return {
      phase: this.phase,
      outgoing,
      pullable: client.outputBytes,
      readable: client.readableBytes,
      failure: this.statedFailure,
    };
  }

  /** A limit of the part, which the server did not cause: it is told good-bye, and the host why. */
  #giveUp(failure: KeystileError): void {
    this.#failure ??= failure;
    this.lists.take();
    this.#options.client.close();
    this.#noteFailed();
  }

  async #answerSignRequest(): Promise<void> {
    const { client, policy, sign } = this.#options;
    const request = client.signRequest;
    if (request === undefined || policy.clientKey === 'none') return;
    let signature: Uint8Array;
    try {
      signature = await sign(policy.clientKey, request.input);
    } catch (error) {
      this.#demandAlive();
      const reason = error instanceof KeystileError ? `${error.detail} (${error.code})` : 'the vault failed';
      return client.failSignature(request.id, reason);
    }
    this.#demandAlive();
    client.answerSignature(request.id, signature);
  }

  /** A reset, a tamper event or a new measurement may have come while the vault was signing. */
  #demandAlive(): void {
    if (this.#isDiscarded) throw new KeystileError('KS-C166', 'the session ended while a signature was made');
  }

  #noteFailed(): void {
    const failure = this.#failure ?? this.#options.client.failure;
    if (this.#hasFailed || failure === undefined) return;
    this.#hasFailed = true;
    this.#options.onFailed(failure.code);
  }

  #notePhase(): void {
    const { status } = this;
    // What was brought for the judgement of the chain is of no use after it, nor after a handshake without one.
    if (status.phase !== 'handshaking') this.lists.take();
    if (this.#wasConnected || status.phase !== 'connected') return;
    this.#wasConnected = true;
    this.#options.onConnected(status);
  }
}

/** A sentence about a hostile server must fit the answer. */
function fitDetail(detail: string): string {
  let fitting = detail;
  while (encodeUtf8(fitting).length > DETAIL_MAX) fitting = `${fitting.slice(0, Math.floor(fitting.length / 2))}…`;
  return fitting;
}

const DETAIL_MAX = 500;
