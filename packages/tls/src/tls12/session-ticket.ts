import type { AuthenticatedTls12Ticket } from '../client/proof.ts';
import type { StoredTicket } from '../resumption/ticket-store.ts';

export interface Tls12SessionTicketFacts {
  /** The server's opaque bytes. */
  readonly ticket: Uint8Array;
  readonly proof: AuthenticatedTls12Ticket;
  /** Milliseconds since 1970. */
  readonly receivedAtMs: number;
  readonly expiresAtMs: number;
}

/**
 * One ticket of TLS 1.2 (RFC 5077) with the master secret that belongs to it. Its bytes have no way out but into a
 * ClientHello; `inspect` and JSON show an empty object.
 */
export class Tls12SessionTicket implements StoredTicket {
  readonly #facts: Tls12SessionTicketFacts;

  /** Takes ownership of the ticket's bytes. */
  constructor(facts: Tls12SessionTicketFacts) {
    this.#facts = facts;
  }

  /** Valid until {@link Tls12SessionTicket.destroy}. */
  get ticket(): Uint8Array {
    return this.#facts.ticket;
  }

  get proof(): AuthenticatedTls12Ticket {
    return this.#facts.proof;
  }

  /** Time that went back says nothing about how old the ticket is, so it counts as too old. */
  isLiveAt(nowMs: number): boolean {
    const { receivedAtMs, expiresAtMs } = this.#facts;
    return nowMs >= receivedAtMs && nowMs < expiresAtMs;
  }

  destroy(): void {
    this.#facts.proof.destroy();
    this.#facts.ticket.fill(0);
  }
}
