import type { AuthenticatedTicket } from '../client/proof.ts';
import type { StoredTicket } from './ticket-store.ts';

export interface SessionTicketFacts {
  /** The server's opaque name for the session. */
  readonly identity: Uint8Array;
  readonly ageAdd: number;
  readonly proof: AuthenticatedTicket;
  /** Milliseconds since 1970. */
  readonly receivedAtMs: number;
  readonly expiresAtMs: number;
}

/**
 * One ticket with the key that belongs to it. Its bytes have no way out but into a ClientHello; `inspect` and JSON show
 * an empty object.
 */
export class SessionTicket implements StoredTicket {
  readonly #facts: SessionTicketFacts;

  /** Takes ownership of the identity's bytes. */
  constructor(facts: SessionTicketFacts) {
    this.#facts = facts;
  }

  /** Valid until {@link SessionTicket.destroy}. */
  get identity(): Uint8Array {
    return this.#facts.identity;
  }

  get proof(): AuthenticatedTicket {
    return this.#facts.proof;
  }

  /** Time that went back says nothing about how old the ticket is, so it counts as too old. */
  isLiveAt(nowMs: number): boolean {
    const { receivedAtMs, expiresAtMs } = this.#facts;
    return nowMs >= receivedAtMs && nowMs < expiresAtMs;
  }

  /** RFC 8446 §4.2.11.1: milliseconds since it was received, plus the server's secret offset, modulo 2^32. */
  obfuscatedAge(nowMs: number): number {
    const { receivedAtMs, ageAdd } = this.#facts;
    return (Math.floor(nowMs - receivedAtMs) + ageAdd) % 2 ** 32;
  }

  destroy(): void {
    this.#facts.proof.destroy();
    this.#facts.identity.fill(0);
  }
}
