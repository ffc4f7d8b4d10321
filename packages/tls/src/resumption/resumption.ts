import { toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import type { CheckedClientCertificate } from '../client/client-certificate.ts';
import { type CheckedTlsPolicy, policyDigest } from '../policy.ts';
import type { Tls12SessionTicket } from '../tls12/session-ticket.ts';
import type { SessionTicket } from './session-ticket.ts';
import { type TicketLease, TicketStore } from './ticket-store.ts';

/** What a client needs to resume. Without it no ticket is asked for, and one that comes is read and forgotten. */
export interface Resumption {
  readonly tickets: TicketStore;
  /**
   * 32 bytes, a digest over everything outside the engine on whose change no earlier session may count: the policy's
   * version, the anchors that the verifier trusts, the boot session.
   */
  readonly scope: Uint8Array;
  /** Milliseconds since 1970; the engine has no clock. */
  readonly nowMs: () => number;
}

/** The same, checked, for one connection. */
export interface CheckedResumption {
  readonly lease: TicketLease<SessionTicket>;
  /** For tickets of TLS 1.2, which are found under keys of their own. */
  readonly tls12Lease: TicketLease<Tls12SessionTicket>;
  readonly nowMs: () => number;
}

export interface ResumptionContext {
  readonly serverName: string;
  readonly policy: CheckedTlsPolicy;
  readonly clientCertificate: CheckedClientCertificate | undefined;
}

/** Throws `KS-T131`. */
export function checkResumption({ tickets, scope, nowMs }: Resumption, context: ResumptionContext): CheckedResumption {
  if (!(tickets instanceof TicketStore)) throw new KeystileError('KS-T131', 'resumption.tickets is not a TicketStore');
  if (scope.length !== scopeLength) throw new KeystileError('KS-T131', 'resumption.scope is not a digest of 32 bytes');
  const key = ticketKey(scope, context);
  return { lease: tickets.lease(`1.3 ${key}`), tls12Lease: tickets.tls12Lease(`1.2 ${key}`), nowMs };
}

/** Two connections share tickets only if all of this is the same for both. */
function ticketKey(scope: Uint8Array, { serverName, policy, clientCertificate }: ResumptionContext): string {
  return `${toHex(scope)} ${policyDigest(policy)} ${clientCertificate?.digest ?? 'none'} ${serverName}`;
}

const scopeLength = 32;
