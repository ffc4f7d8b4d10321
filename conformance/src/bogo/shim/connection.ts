import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { KeystileError } from '@keystile/errors';
import type { TlsClient } from '@keystile/tls';
import type { Credential } from './credential.ts';
import type { Flags } from './flags.ts';

/** What stays of a connection whose other end the runner does not close. */
const DRAIN_MS_MAX = 5_000;

/**
 * A TlsClient over a socket to the runner, one step at a time: nothing is taken from the network before the test asks
 * for it. With `-async` every byte comes alone and signatures come a turn later.
 */
export class ShimConnection {
  readonly client: TlsClient;
  readonly #socket: Socket;
  readonly #inbound: Inbound;
  readonly #credential: Credential | undefined;
  readonly #isAsync: boolean;
  #isWriteHeld = false;

  private constructor(socket: Socket, client: TlsClient, { credential, flags }: ConnectionOptions) {
    this.client = client;
    this.#socket = socket;
    this.#inbound = new Inbound(socket);
    this.#credential = credential;
    this.#isAsync = flags.async === true;
  }

  /** Connects and says which test this is; the runner serves many at once. */
  static async open(client: TlsClient, options: ConnectionOptions): Promise<ShimConnection> {
    const { port = 0, ipv6, 'shim-id': id = 0n } = options.flags;
    const socket = connect({ port, host: ipv6 === true ? '::1' : '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const connection = new ShimConnection(socket, client, options);
    const greeting = Buffer.alloc(8);
    greeting.writeBigUInt64LE(id);
    socket.write(greeting);
    return connection;
  }

  /** Resolves when the handshake is done; rejects with the engine's failure. */
  async handshake(): Promise<void> {
    this.client.start();
    this.#flush();
    while (this.client.status.phase === 'handshaking') await this.#receive();
    if (this.client.failure !== undefined) throw this.client.failure;
  }

  /** Application data, or empty after the end of it, whichever way that came: {@link ending} says. */
  async read(lengthMax: number): Promise<Uint8Array> {
    for (;;) {
      if (this.client.readableBytes > 0) {
        const data = this.client.readApplicationData(lengthMax);
        this.#flush();
        return data;
      }
      const { phase, peerClosed } = this.client.status;
      if (phase !== 'connected' || peerClosed) return new Uint8Array(0);
      await this.#receive();
    }
  }

  write(data: Uint8Array): void {
    this.client.write(data);
    this.#flush();
  }

  /** Lets one byte of the record through; the rest goes with {@link resumeWriting}. */
  writeInPart(data: Uint8Array): void {
    this.client.write(data);
    this.#socket.write(this.client.takeOutput(1));
    this.#isWriteHeld = true;
  }

  resumeWriting(): void {
    this.#isWriteHeld = false;
    this.#flush();
  }

  updateKeys(): void {
    this.client.updateKeys();
    this.#flush();
  }

  /** Why the connection ended, if not in order. */
  get ending(): KeystileError | undefined {
    return this.client.failure;
  }

  /** Sends close_notify, if that was not done; what the runner still says can be read. */
  shutDown(): void {
    if (this.client.status.peerClosed) this.client.close();
    else this.client.end();
    this.#flush();
  }

  /** Sends what is owed (an alert, perhaps) and waits for the runner to be done with the connection. */
  async end(): Promise<void> {
    this.#isWriteHeld = false;
    this.#flush();
    await this.#inbound.drain();
  }

  async #receive(): Promise<void> {
    const bytes = await this.#inbound.next();
    if (bytes === undefined) this.client.transportEnded();
    else {
      const size = this.#isAsync ? 1 : bytes.length;
      for (let at = 0; at < bytes.length; at += size) {
        this.client.receive(bytes.subarray(at, at + size));
        await this.#sign();
      }
    }
    this.#flush();
  }

  async #sign(): Promise<void> {
    const request = this.client.signRequest;
    if (request === undefined || this.#credential === undefined) return;
    if (this.#isAsync) await setImmediate();
    this.client.answerSignature(request.id, this.#credential.sign(request.input));
  }

  #flush(): void {
    if (this.#isWriteHeld || this.client.outputBytes === 0) return;
    this.#socket.write(this.client.takeOutput());
  }
}

export interface ConnectionOptions {
  readonly flags: Flags;
  readonly credential: Credential | undefined;
}

/** The bytes of a socket, pulled. A reset counts as an end: the runner closes that way when it has seen enough. */
class Inbound {
  readonly #socket: Socket;
  readonly #chunks: Uint8Array[] = [];
  #hasEnded = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#wake();
    });
    for (const event of ['end', 'error', 'close']) {
      socket.on(event, () => {
        this.#hasEnded = true;
        this.#wake();
      });
    }
  }

  async next(): Promise<Uint8Array | undefined> {
    while (this.#chunks.length === 0 && !this.#hasEnded) await this.#event();
    return this.#chunks.shift();
  }

  /** Ends our side and waits for the other. */
  async drain(): Promise<void> {
    this.#socket.end();
    const timer = setTimeout(() => this.#socket.destroy(), DRAIN_MS_MAX);
    while (!this.#hasEnded) await this.#event();
    clearTimeout(timer);
    this.#socket.destroy();
  }

  #event(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
