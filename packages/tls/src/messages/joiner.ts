import { KeystileError } from '@keystile/errors';
import { ByteQueue } from '../record/byte-queue.ts';
import type { HandshakeMessage } from './message.ts';

/**
 * Joins handshake fragments of records into messages (RFC 8446 §5.1), within a budget of bytes.
 *
 * The budget is for all messages together while the handshake runs, and for each one after it.
 */
export class HandshakeJoiner {
  readonly #queue = new ByteQueue();
  #budget: number;
  #budgetPerMessage: number | undefined;

  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Whether a message is incomplete. No key may change and no other record may come in the middle of one. */
  get midMessage(): boolean {
    return this.#queue.length > 0;
  }

  /** Bytes of messages that are not taken yet. */
  get backlog(): number {
    return this.#queue.length;
  }

  push(fragment: Uint8Array): void {
    this.#queue.append(fragment);
  }

  next(): HandshakeMessage | undefined {
    const [type, high, middle, low] = this.#queue.peek(4);
    if (type === undefined || high === undefined || middle === undefined || low === undefined) return undefined;
    const length = 4 + ((high << 16) | (middle << 8) | low);
    if (length > this.#budget) {
      throw new KeystileError('KS-T117', `a handshake message of ${length} bytes, where ${this.#budget} are left`);
    }
    if (this.#queue.length < length) return undefined;
    this.#budget = this.#budgetPerMessage ?? this.#budget - length;
    const encoded = this.#queue.take(length);
    return { type, body: encoded.subarray(4), encoded };
  }

  /** From now on each message has `budget` bytes of its own. */
  limitEachMessage(budget: number): void {
    this.#budget = budget;
    this.#budgetPerMessage = budget;
  }

  clear(): void {
    this.#queue.clear();
  }
}
