import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Records } from './cell.ts';

/** After this long without a byte the server is taken to wait for us. */
const QUIET_MS = 8;

/**
 * The network between client and server: hands over the bytes of either side one by one, or those of the server all
 * together. A server that is gone is an end, not an error: whether it may go, close_notify says.
 */
export class Line extends Duplex {
  readonly #network: Socket;
  readonly #records: Records;
  readonly #held: Buffer[] = [];
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(network: Socket, records: Records) {
    super({ allowHalfOpen: true });
    this.#network = network;
    this.#records = records;
    network.on('data', (bytes: Buffer) => this.#arrived(bytes));
    network.on('end', () => this.#ended());
    network.on('error', () => this.#ended());
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#records === 'single bytes') {
      for (const at of bytes.keys()) this.#network.write(bytes.subarray(at, at + 1));
    } else this.#network.write(bytes);
    done();
  }

  override _final(done: () => void): void {
    this.#network.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#network.destroy();
    done(error);
  }

  #arrived(bytes: Buffer): void {
    if (this.#records === 'coalesced') {
      this.#held.push(bytes);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#release(), QUIET_MS);
    } else if (this.#records === 'single bytes') {
      for (const at of bytes.keys()) this.push(bytes.subarray(at, at + 1));
    } else this.push(bytes);
  }

  #release(): void {
    clearTimeout(this.#timer);
    if (this.#held.length > 0) this.push(Buffer.concat(this.#held.splice(0)));
  }

  #ended(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#release();
    this.push(null);
  }
}
