import { sessionAgeMsMax, ticketLengthMax } from '../limits.ts';
import type { NewSessionTicket } from '../messages/new-session-ticket.ts';
import type { CheckedResumption } from '../resumption/resumption.ts';
import { SessionTicket } from '../resumption/session-ticket.ts';
import type { ResumptionSecret } from '../schedule/stages.ts';
import { type AuthenticatedServer, proveTicket } from './proof.ts';

export interface TicketKeeperOptions {
  readonly resumption: CheckedResumption;
  readonly secret: ResumptionSecret;
  readonly server: AuthenticatedServer;
  /** Of this connection; a resumed one has it from its origin. */
  readonly clientAuthenticated: boolean;
}

/**
 * Makes the tickets of one connection into entries of the store (RFC 8446 §4.6.1). Early data that a ticket permits is
 * never used, so nothing of it is remembered.
 *
 * A ticket lives no longer than the server says, than the certificates that authenticated the server, and than a day
 * after that authentication: a chain of resumed connections does not put off the next signature.
 */
export class TicketKeeper {
  readonly #options: TicketKeeperOptions;
  readonly #finishedAtMs: number;

  constructor(options: TicketKeeperOptions) {
    this.#options = options;
    this.#finishedAtMs = options.resumption.nowMs();
  }

  /** Whether the ticket went into the store. */
  keep({ lifetimeSeconds, ageAdd, nonce, ticket }: NewSessionTicket): boolean {
    const { resumption, secret, server, clientAuthenticated } = this.#options;
    if (ticket.length > ticketLengthMax) return false;
    const receivedAtMs = resumption.nowMs();
    const authenticatedAtMs = server.resumedFrom?.authenticatedAtMs ?? this.#finishedAtMs;
    const expiresAtMs = Math.min(
      receivedAtMs + lifetimeSeconds * 1000,
      authenticatedAtMs + sessionAgeMsMax,
      server.path.notAfterMs,
    );
    if (expiresAtMs <= receivedAtMs) return false;
    const proof = proveTicket(server, { psk: secret.psk(nonce), clientAuthenticated, authenticatedAtMs });
    resumption.lease.put(new SessionTicket({ identity: ticket.slice(), ageAdd, proof, receivedAtMs, expiresAtMs }));
    return resumption.lease.isCurrent();
  }

  destroy(): void {
    this.#options.secret.destroy();
  }
}
