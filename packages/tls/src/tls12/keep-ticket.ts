import type { Conversation } from '../client/conversation.ts';
import { type AuthenticatedServer, proveTls12Ticket } from '../client/proof.ts';
import { sessionAgeMsMax, ticketLengthMax } from '../limits.ts';
import type { Tls12NewSessionTicket } from './messages/new-session-ticket.ts';
import { Tls12SessionTicket } from './session-ticket.ts';
import type { ResumableMaster } from './stages.ts';

export interface KeptTicket extends Tls12NewSessionTicket {
  /** Owned from here on. */
  readonly master: ResumableMaster;
}

/**
 * Makes the ticket of an authenticated connection into an entry of the store. It lives no longer than the server says,
 * if it says so (RFC 5077 §3.3), than the certificates that authenticated the server, and than a day after that.
 */
export function keepTicket(
  conversation: Conversation,
  server: AuthenticatedServer,
  { ticket, lifetimeSeconds, master }: KeptTicket,
): void {
  const { resumption } = conversation.options;
  const receivedAtMs = resumption?.nowMs() ?? 0;
  const authenticatedAtMs = server.resumedFrom?.authenticatedAtMs ?? receivedAtMs;
  const expiresAtMs = Math.min(
    lifetimeSeconds === 0 ? Number.MAX_SAFE_INTEGER : receivedAtMs + lifetimeSeconds * 1000,
    authenticatedAtMs + sessionAgeMsMax,
    server.path.notAfterMs,
  );
  // An empty ticket is the server's way to say that it has none after all.
  const isUsable = ticket.length > 0 && ticket.length <= ticketLengthMax && expiresAtMs > receivedAtMs;
  if (resumption === undefined || !isUsable) return master.destroy();
  const clientAuthenticated = conversation.negotiated.clientAuthenticated ?? false;
  const proof = proveTls12Ticket(server, { master, clientAuthenticated, authenticatedAtMs });
  resumption.tls12Lease.put(new Tls12SessionTicket({ ticket, proof, receivedAtMs, expiresAtMs }));
  if (resumption.tls12Lease.isCurrent()) conversation.traceKey('created', 'ticket key');
}
