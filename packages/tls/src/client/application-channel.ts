import { ChunkQueue } from '../record/chunk-queue.ts';
import type { RecordWriter } from '../record/writer.ts';
import { type AuthenticatedServer, demandAuthenticated } from './proof.ts';
import type { VerifiedServerPath } from './verifier.ts';

/**
 * The only door to application data, in both directions. It opens for the proof that verification made.
 *
 * It moves bytes; when keys change is for the state that holds it to decide.
 */
export class ApplicationChannel {
  readonly #server: AuthenticatedServer;
  readonly #writer: RecordWriter;
  readonly #received = new ChunkQueue();

  constructor(server: AuthenticatedServer, writer: RecordWriter) {
    demandAuthenticated(server);
    this.#server = server;
    this.#writer = writer;
  }

  /** The path that authenticated the server. */
  get path(): VerifiedServerPath {
    return this.#server.path;
  }

  get readableBytes(): number {
    return this.#received.length;
  }

  /** Takes ownership of `content`. */
  deliver(content: Uint8Array): void {
    this.#received.append(content);
  }

  /** Whole records as far as they fit. */
  read(lengthMax: number): Uint8Array {
    return this.#received.takeWhole(lengthMax);
  }

  /** One record. */
  write(fragment: Uint8Array): void {
    this.#writer.send('application_data', fragment);
  }

  destroy(): void {
    this.#received.clear();
  }
}
