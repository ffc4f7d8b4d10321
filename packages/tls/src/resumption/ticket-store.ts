import { KeystileError } from '@keystile/errors';
import { ticketsMax, ticketsPerKeyMax } from '../limits.ts';
import type { SessionTicket } from './session-ticket.ts';

/**
 * Tickets of earlier connections, in memory only. A caller makes one, gives it to its clients, and drops everything in
 * it whenever something happened after which an old session must not count.
 *
 * A ticket is found again only under the very same key (resumption.ts says what is in it), serves one connection, and
 * is zeroed when it is used, expired, displaced or dropped. A connection that began before a drop can neither bring a
 * ticket afterwards nor finish a handshake with one that it took. Nothing here can be written out: `inspect`, JSON and
 * `structuredClone` give an empty object.
 */
export class TicketStore {
  readonly #countMax: number;
  #entries: Entry[] = [];
  #epoch = 0;
  #lastDrop: DropEvent | undefined;

  /** `countMax`: tickets held at once; the oldest makes room. */
  constructor({ countMax = ticketsMax }: { readonly countMax?: number } = {}) {
    if (!Number.isInteger(countMax) || countMax < 1) {
      throw new KeystileError('KS-T131', 'a ticket store holds at least one ticket');
    }
    this.#countMax = countMax;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Why the store was last emptied. */
  get lastDrop(): DropEvent | undefined {
    return this.#lastDrop;
  }

  /** Zeroes every ticket, also those on their way. */
  drop(event: DropEvent): void {
    for (const { ticket } of this.#entries) ticket.destroy();
    this.#entries = [];
    this.#epoch++;
    this.#lastDrop = event;
  }

  /** What one connection may do with the store. */
  lease(key: string): TicketLease {
    const epoch = this.#epoch;
    return {
      take: (nowMs) => (epoch === this.#epoch ? this.#take(key, nowMs) : undefined),
      put: (ticket) => (epoch === this.#epoch ? this.#put(key, ticket) : ticket.destroy()),
      isCurrent: () => epoch === this.#epoch,
    };
  }

  /** The newest live one, which leaves the store: RFC 8446 §C.4, a ticket used twice lets observers link connections. */
  #take(key: string, nowMs: number): SessionTicket | undefined {
    this.#remove(({ ticket }) => !ticket.isLiveAt(nowMs));
    const index = this.#entries.findLastIndex((entry) => entry.key === key);
    const [entry] = index < 0 ? [] : this.#entries.splice(index, 1);
    return entry?.ticket;
  }

  #put(key: string, ticket: SessionTicket): void {
    const isOfKey = (entry: Entry): boolean => entry.key === key;
    // One server that sends many must not push out those of the others.
    if (this.#entries.filter(isOfKey).length >= ticketsPerKeyMax) this.#removeFirst(isOfKey);
    if (this.#entries.length >= this.#countMax) this.#removeFirst(() => true);
    this.#entries.push({ key, ticket });
  }

  #removeFirst(isOne: (entry: Entry) => boolean): void {
    const first = this.#entries.find(isOne);
    this.#remove((entry) => entry === first);
  }

  #remove(isOut: (entry: Entry) => boolean): void {
    for (const entry of this.#entries) if (isOut(entry)) entry.ticket.destroy();
    this.#entries = this.#entries.filter((entry) => !isOut(entry));
  }
}

/** After which of these an earlier session no longer counts (ARCHITECTURE section 4.4). */
export type DropEvent = 'boot' | 'tamper' | 'key' | 'time-floor' | 'administration' | 'pairing';

/** Held by one connection from its beginning; a drop ends it. */
export interface TicketLease {
  take(nowMs: number): SessionTicket | undefined;
  /** Takes ownership; a ticket that comes too late is zeroed. */
  put(ticket: SessionTicket): void;
  isCurrent(): boolean;
}

interface Entry {
  readonly key: string;
  readonly ticket: SessionTicket;
}
