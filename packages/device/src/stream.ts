import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { KeystileError } from '@keystile/errors';
import { commands, errorOf, type TlsProgress } from '@keystile/link';
import { evidence } from './evidence.ts';
import type { BusCounters, Part } from './part.ts';

/**
 * A Duplex whose TLS runs inside the secure IC: one loop between a TCP socket and the bus.
 *
 *   application ──write──► TLS_WRITE ──► outgoing ──► TCP
 *   application ◄──read─── TLS_READ  ◄── TLS_PUSH ◄── TCP
 *
 * The host sees plaintext on one side and records on the other. Every refusal of the part arrives as an `error` with
 * its own code. Commands of one stream are carried out one after the other; TCP is paused while one is under way, and
 * nothing is read from the part that the application does not take.
 */
export interface StreamOptions {
  readonly part: Part;
  /** Name of a policy in the part. */
  readonly policy: string;
  readonly host: string;
  readonly port: number;
  /** Must be in the policy's list; the part refuses other names. */
  readonly serverName: string;
  /** CRLs, DER, of the CAs in the server's path, where the policy looks at them; the part checks who signed them. */
  readonly revocationLists?: readonly Uint8Array[];
  /** TCP and the handshake together; default 20 s: a handshake over I2C at 100 kHz with a slow part takes three. */
  readonly connectTimeoutMs?: number;
}

/** The same for whoever takes the policy that the factory gives every part. */
export interface ChipStreamOptions extends Omit<StreamOptions, 'part' | 'policy'> {
  readonly chip: Part;
  /** Default `fleet`. */
  readonly policy?: string;
}

const POLICY = 'fleet';

/** What a session has negotiated and what its handshake cost on the bus. */
export interface SessionReport {
  readonly protocol: string;
  readonly cipherSuite: string;
  readonly group: string;
  readonly alpn: string;
  readonly clientAuthenticated: boolean;
  readonly resumed: boolean;
  /** From TLS_OPEN to the end of the handshake, TCP included. */
  readonly ms: number;
  readonly busFrames: number;
  readonly busBytes: number;
  /** Time on the wires at the bus' clock. */
  readonly busMs: number;
}

const CONNECT_TIMEOUT_MS = 20_000;
/** Decrypted bytes that may wait in the part: one record, since its memory is small. */
const READ_AHEAD_MAX = 16_384;
/** Offset and total of a piece, which no other command of a stream has. */
const REVOCATION_FIELDS = 8;

/** Returns at once; what is written before the handshake is done waits for it. */
export function stream(options: StreamOptions | ChipStreamOptions): DeviceStream {
  if ('part' in options) return new DeviceStream(options);
  const { chip: part, policy = POLICY, ...rest } = options;
  return new DeviceStream({ ...rest, part, policy });
}

export class DeviceStream extends Duplex {
  readonly #options: StreamOptions;
  #socket: Socket | undefined;
  #handle: number | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #phase: TlsProgress['phase'] = 'handshaking';
  #readable = 0;
  #wanted = false;
  /** What TCP brought and the part has not got yet; TCP is paused while there is any. */
  readonly #received: Uint8Array[] = [];
  #hasTcpEnded = false;
  #held: { chunk: Uint8Array; done: (error?: Error | null) => void } | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #startedMs = performance.now();
  #connectedMs = 0;
  readonly #before: BusCounters;
  #after: BusCounters;

  constructor(options: StreamOptions) {
    super({ allowHalfOpen: true });
    this.#options = options;
    this.#before = options.part.counters;
    this.#after = this.#before;
    const limitMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    this.#timer = setTimeout(() => {
      this.destroy(new KeystileError('KS-D104', `no TLS connection to ${this.#target} within ${limitMs} ms`));
    }, limitMs);
    this.#run(() => this.#open());
  }

  /** True once the part has verified the server and finished the handshake. */
  get connected(): boolean {
    return this.#phase === 'connected';
  }

  /** What was negotiated. Rejects with `KS-D100` when there is no session. */
  async session(): Promise<SessionReport> {
    const handle = this.#handle;
    if (handle === undefined) throw new KeystileError('KS-D100', `there is no session with ${this.#target}`);
    const status = await this.#options.part.call(commands.tlsStatus, { handle });
    return {
      protocol: status.protocol,
      cipherSuite: status.cipherSuite,
      group: status.group,
      alpn: status.alpn,
      clientAuthenticated: status.clientAuthenticated,
      resumed: status.resumed,
      ms: rounded(this.#connectedMs - this.#startedMs),
      busFrames: this.#after.frames - this.#before.frames,
      busBytes: this.#after.bytes - this.#before.bytes,
      busMs: rounded((this.#after.busNs - this.#before.busNs) / 1e6),
    };
  }

  /**
   * The part's evidence over this connection, for a server that sent the nonce (32 bytes). Throws the part's refusal, or
   * `KS-D100` when there is no session.
   */
  async evidence(nonce: Uint8Array): Promise<Uint8Array> {
    const handle = this.#handle;
    if (handle === undefined) throw new KeystileError('KS-D100', `there is no session with ${this.#target}`);
    return await evidence(this.#options.part, handle, nonce);
  }

  override _read(): void {
    this.#wanted = true;
    if (this.#readable > 0 || this.#received.length > 0) this.#run((handle) => this.#pump(handle));
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#phase === 'handshaking') {
      this.#held = { chunk, done };
      return;
    }
    this.#run(async (handle) => {
      for (let at = 0; at < chunk.length; at += this.#options.part.pieceMax) {
        const bytes = chunk.subarray(at, at + this.#options.part.pieceMax);
        await this.#advance(await this.#options.part.call(commands.tlsWrite, { handle, bytes }), handle);
      }
      done();
    }, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#run(async (handle) => {
      if (this.#phase === 'connected' || this.#phase === 'closed') {
        await this.#advance(await this.#options.part.call(commands.tlsClose, { handle, release: false }), handle);
      }
      this.#socket?.end();
      done();
    }, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#held?.done(error ?? new KeystileError('KS-D100', `${this.#target}: closed before it was connected`));
    this.#held = undefined;
    // A dial that nobody answers would keep the queue, and with it the reason, for minutes.
    if (this.#socket?.connecting) this.#socket.destroy();
    const finish = (): void => {
      this.#socket?.destroy();
      done(error);
    };
    const release = async (): Promise<void> => {
      const handle = this.#handle;
      if (handle === undefined) return;
      this.#handle = undefined;
      const outgoing = await this.#options.part.releaseSession(handle);
      if (outgoing.length > 0) this.#socket?.write(outgoing);
    };
    this.#queue.then(release).then(finish, finish);
  }

  get #target(): string {
    return `${this.#options.host}:${this.#options.port}`;
  }

  /** Queues a task of this stream; its failure destroys the stream unless `failed` takes it. */
  #run(task: (handle: number) => Promise<void>, failed?: (error: Error) => void): void {
    this.#queue = this.#queue.then(async () => {
      if (this.destroyed) return;
      try {
        await task(this.#handle ?? -1);
      } catch (error) {
        const reason = error instanceof Error ? error : new Error(String(error));
        if (failed === undefined) this.destroy(reason);
        else failed(reason);
      }
    });
  }

  async #open(): Promise<void> {
    const { part, policy, serverName } = this.#options;
    const socket = await this.#dial();
    const { handle, progress } = await part.openSession({ policy, serverName });
    this.#handle = handle;
    if (this.destroyed) return;
    for (const list of this.#options.revocationLists ?? []) await this.#bring(list, handle);
    this.#listen(socket);
    await this.#advance(progress, handle);
  }

  async #bring(list: Uint8Array, handle: number): Promise<void> {
    const { part } = this.#options;
    for (let offset = 0; offset < list.length; offset += part.pieceMax - REVOCATION_FIELDS) {
      const bytes = list.subarray(offset, offset + part.pieceMax - REVOCATION_FIELDS);
      await part.call(commands.tlsRevocation, { handle, offset, total: list.length, bytes });
    }
  }

  #dial(): Promise<Socket> {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const socket = connect({ host: this.#options.host, port: this.#options.port, noDelay: true });
    this.#socket = socket;
    socket.on('error', (cause) => {
      const error = new KeystileError('KS-D100', `${this.#target}: ${cause.message}`, { cause });
      reject(error);
      // Behind what came before it: the alert of a server says more than the reset that follows.
      this.#run(async () => void this.destroy(error));
    });
    const closed = (): void => reject(new KeystileError('KS-D100', `${this.#target}: closed`));
    socket.once('close', closed);
    socket.once('connect', () => {
      socket.off('close', closed);
      resolve(socket);
    });
    return promise;
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk) => {
      socket.pause();
      this.#received.push(chunk);
      this.#run((handle) => this.#pump(handle));
    });
    socket.on('end', () => {
      this.#hasTcpEnded = true;
      this.#run((handle) => this.#pump(handle));
    });
  }

  /** Network bytes into the part, as long as the application takes what comes out of it. */
  async #pump(handle: number): Promise<void> {
    const { part } = this.#options;
    await this.#drain(handle);
    while (this.#received.length > 0 && this.#readable < READ_AHEAD_MAX && !this.destroyed) {
      const chunk = this.#received[0] ?? new Uint8Array(0);
      const rest = chunk.subarray(part.pieceMax);
      if (rest.length > 0) this.#received[0] = rest;
      else this.#received.shift();
      const bytes = chunk.subarray(0, part.pieceMax);
      await this.#advance(await part.call(commands.tlsPush, { handle, bytes }), handle);
    }
    if (this.#received.length > 0) return;
    if (this.#hasTcpEnded) this.#ended();
    else this.#socket?.resume();
  }

  async #advance(progress: TlsProgress, handle: number): Promise<void> {
    await this.#take(progress, handle);
    await this.#drain(handle);
  }

  /** Does what a progress report asks for: bytes to the network, then the phase. */
  async #take(progress: TlsProgress, handle: number): Promise<void> {
    let current = progress;
    await this.#send(current.outgoing);
    while (current.pullable > 0) {
      current = await this.#options.part.call(commands.tlsPull, { handle });
      await this.#send(current.outgoing);
    }
    this.#readable = current.readable;
    this.#enter(current);
  }

  /** Plaintext to the application, and the end of it: the part says `closed` once the last byte was read. */
  async #drain(handle: number): Promise<void> {
    while (this.#wanted && this.#readable > 0) {
      const lengthMax = this.#options.part.pieceMax;
      const { bytes, progress } = await this.#options.part.call(commands.tlsRead, { handle, lengthMax });
      this.#wanted = this.push(Buffer.from(bytes));
      await this.#take(progress, handle);
    }
    if (this.#phase === 'closed' && this.#readable === 0 && !this.readableEnded) this.push(null);
  }

  #enter(progress: TlsProgress): void {
    if (progress.failure !== undefined) throw errorOf(progress.failure);
    const before = this.#phase;
    this.#phase = progress.phase;
    if (before !== 'handshaking' || this.#phase === 'handshaking') return;
    clearTimeout(this.#timer);
    this.#connectedMs = performance.now();
    this.#after = this.#options.part.counters;
    this.emit('secureConnect');
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this._write(Buffer.from(held.chunk), 'buffer', held.done);
  }

  /**
   * The peer ended TCP, and the part has all that came. After close_notify that is the end of the stream; before it,
   * data may be missing. What waits in the part is read first: close_notify may be behind it.
   */
  #ended(): void {
    if (this.#phase === 'closed' || this.#readable > 0) return;
    const code = this.#phase === 'handshaking' ? 'KS-D102' : 'KS-D101';
    this.destroy(new KeystileError(code, `${this.#target} ended the connection`));
  }

  #send(bytes: Uint8Array): Promise<void> {
    const socket = this.#socket;
    if (bytes.length === 0 || socket === undefined || socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      // The bytes share memory with the bus' buffer, which the next command reuses.
      if (socket.write(bytes.slice())) return resolve();
      const go = (): void => {
        socket.off('drain', go);
        socket.off('close', go);
        resolve();
      };
      socket.on('drain', go);
      socket.on('close', go);
    });
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
