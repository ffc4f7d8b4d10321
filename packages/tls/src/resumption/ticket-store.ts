import { KeystileError } from '@keystile/errors';
import { ticketsMax, ticketsPerKeyMax } from '../limits.ts';
import { Tls12SessionTicket } from '../tls12/session-ticket.ts';
import { SessionTicket } from './session-ticket.ts';

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

  /** What one connection may do with the store: put and take tickets under one key. */
  lease(key: string): TicketLease<SessionTicket> {
    return this.#lease(key, SessionTicket);
  }

  /** The same for tickets of TLS 1.2, which are a kind of their own, even under an equal key. */
  tls12Lease(key: string): TicketLease<Tls12SessionTicket> {
    return this.#lease(key, Tls12SessionTicket);
  }

  #lease<Ticket extends StoredTicket>(key: string, kind: new (facts: never) => Ticket): TicketLease<Ticket> {
    const epoch = this.#epoch;
    return {
      take: (nowMs) => (epoch === this.#epoch ? this.#take(key, kind, nowMs) : undefined),
      put: (ticket) => (epoch === this.#epoch ? this.#put(key, ticket) : ticket.destroy()),
      isCurrent: () => epoch === this.#epoch,
    };
  }

  /** The newest live one, which leaves the store: RFC 8446 §C.4, a ticket used twice lets observers link connections. */
  #take<Ticket>(key: string, kind: new (facts: never) => Ticket, nowMs: number): Ticket | undefined {
    this.#remove(({ ticket }) => !ticket.isLiveAt(nowMs));
    const entry = this.#entries.findLast(({ key: other, ticket }) => other === key && ticket instanceof kind);
    this.#entries = this.#entries.filter((other) => other !== entry);
    return entry?.ticket instanceof kind ? entry.ticket : undefined;
  }

  #put(key: string, ticket: StoredTicket): void {
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

/** A ticket as the store sees it; each version of TLS has its kind. */
export interface StoredTicket {
  isLiveAt(nowMs: number): boolean;
  destroy(): void;
}

/** Held by one connection from its beginning; a drop ends it. */
export interface TicketLease<Ticket extends StoredTicket> {
  take(nowMs: number): Ticket | undefined;
  /** Takes ownership; a ticket that comes too late is zeroed. */
  put(ticket: Ticket): void;
  isCurrent(): boolean;
}

interface Entry {
  readonly key: string;
  readonly ticket: StoredTicket;
}
