import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { commands, type TlsProgress } from '@keystile/link';
import type { InProcessPart } from '@keystile/testkit';
import { SERVER_NAME } from '@keystile/testkit/field';

/** Whoever speaks to the part, in this process or in another. */
type Caller = Pick<InProcessPart, 'call'>;

export interface Dial {
  readonly policy?: string;
  readonly serverName?: string;
  /** Opened to prove a staged change. */
  readonly isProof?: boolean;
  /** Between the opening and the first byte for the server. */
  readonly meanwhile?: () => Promise<unknown>;
}

/** A session driven command by command, for what the device stream has no need of. */
export class HandDrivenSession {
  readonly #part: Caller;
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly handle: number;
  #received = '';
  #phase: TlsProgress['phase'] = 'handshaking';

  private constructor(part: Caller, socket: Socket, handle: number) {
    this.#part = part;
    this.#socket = socket;
    this.#chunks = socket[Symbol.asyncIterator]();
    this.handle = handle;
  }

  static async connect(part: Caller, port: number, dial: Dial = {}): Promise<HandDrivenSession> {
    const { policy = 'fleet', serverName = SERVER_NAME, isProof = false } = dial;
    const { handle, progress } = await part.call(isProof ? commands.proofOpen : commands.tlsOpen, {
      policy,
      serverName,
    });
    await dial.meanwhile?.();
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    socket.on('error', () => {});
    await once(socket, 'connect');
    const session = new HandDrivenSession(part, socket, handle);
    try {
      await session.#send(progress);
      while (session.#phase === 'handshaking') await session.#takeChunk();
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return session;
  }

  async write(text: string): Promise<TlsProgress> {
    const bytes = Buffer.from(text);
    return this.#send(await this.#part.call(commands.tlsWrite, { handle: this.handle, bytes }));
  }

  async updateKeys(): Promise<void> {
    await this.#send(await this.#part.call(commands.tlsKeyUpdate, { handle: this.handle }));
  }

  async receives(text: string): Promise<void> {
    while (!this.#received.includes(text)) await this.#takeChunk();
  }

  /** The next bytes of the server, whatever they are. */
  async takes(): Promise<void> {
    await this.#takeChunk();
  }

  async close(): Promise<void> {
    await this.#send(await this.#part.call(commands.tlsClose, { handle: this.handle, release: true }));
    this.#socket.destroy();
  }

  /** What came from the network next. */
  async nextChunk(): Promise<Buffer> {
    const { value: bytes, done } = await this.#chunks.next();
    if (done === true) throw new Error('the server ended the connection');
    return bytes;
  }

  async #takeChunk(): Promise<void> {
    const bytes = await this.nextChunk();
    let progress = await this.#send(await this.#part.call(commands.tlsPush, { handle: this.handle, bytes }));
    while (progress.readable > 0) {
      const read = await this.#part.call(commands.tlsRead, { handle: this.handle, lengthMax: 4096 });
      this.#received += Buffer.from(read.bytes).toString('latin1');
      progress = await this.#send(read.progress);
    }
  }

  async #send(progress: TlsProgress): Promise<TlsProgress> {
    if (progress.failure !== undefined) throw new Error(`${progress.failure.code}: ${progress.failure.detail}`);
    this.#phase = progress.phase;
    this.#socket.write(progress.outgoing.slice());
    return progress;
  }
}
