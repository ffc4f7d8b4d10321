import { KeystileError } from '@keystile/errors';
import { ByteQueue } from '../record/byte-queue.ts';
import type { HandshakeMessage } from './message.ts';

/**
 * Joins handshake fragments of records into messages (RFC 8446 §5.1), within a budget of bytes.
 *
 * The budget is for all messages together while the handshake runs, and for each one after it.
 */
export class HandshakeJoiner {
  /** What is left of the last fragment that was given for good: messages that are whole in it are never copied. */
  #given: Uint8Array = none;
  /** Fragments that others complete, and those whose memory is not ours. */
  readonly #queue = new ByteQueue();
  #budget: number;
  #budgetPerMessage: number | undefined;

  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Whether a message is incomplete. No key may change and no other record may come in the middle of one. */
  get midMessage(): boolean {
    return this.backlog > 0;
  }

  /** Bytes of messages that are not taken yet. */
  get backlog(): number {
    return this.#given.length + this.#queue.length;
  }

  /** `isGiven`: the memory is ours from now on, and that of the messages that lie in it. */
  push(fragment: Uint8Array, isGiven: boolean): void {
    this.#queueGiven();
    if (isGiven && this.#queue.length === 0) this.#given = fragment;
    else this.#queue.append(fragment);
  }

  next(): HandshakeMessage | undefined {
    const head = this.#given.length > 0 ? this.#given : this.#queue.peek(4);
    const { 0: type, 1: high, 2: middle, 3: low } = head;
    if (type === undefined || high === undefined || middle === undefined || low === undefined) return undefined;
    const length = 4 + ((high << 16) | (middle << 8) | low);
    if (length > this.#budget) {
      throw new KeystileError('KS-T117', `a handshake message of ${length} bytes, where ${this.#budget} are left`);
    }
    if (this.backlog < length) return undefined;
    this.#budget = this.#budgetPerMessage ?? this.#budget - length;
    const encoded = this.#take(length);
    return { type, body: encoded.subarray(4), encoded };
  }

  /** From now on each message has `budget` bytes of its own. */
  limitEachMessage(budget: number): void {
    this.#budget = budget;
    this.#budgetPerMessage = budget;
  }

  clear(): void {
    this.#given.fill(0);
    this.#given = none;
    this.#queue.clear();
  }

  /** There are bytes in one of the two only. */
  #take(length: number): Uint8Array {
    if (this.#given.length === 0) return this.#queue.take(length);
    const taken = this.#given.subarray(0, length);
    // An idle connection holds no memory.
    this.#given = length === this.#given.length ? none : this.#given.subarray(length);
    return taken;
  }

  #queueGiven(): void {
    if (this.#given.length === 0) return;
    this.#queue.append(this.#given);
    this.#given.fill(0);
    this.#given = none;
  }
}

const none = new Uint8Array(0);
