import { createHash } from 'node:crypto';
import { ByteWriter, encodeUtf8, toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import type { CheckedClientCertificate } from '../client/client-certificate.ts';
import type { TlsVersion } from '../codepoints.ts';
import type { CheckedTlsPolicy } from '../policy.ts';
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
  return {
    lease: tickets.lease(ticketKey('1.3', scope, context)),
    tls12Lease: tickets.tls12Lease(ticketKey('1.2', scope, context)),
    nowMs,
  };
}

/** Two connections share tickets only if all of this is the same for both. */
function ticketKey(
  version: TlsVersion,
  scope: Uint8Array,
  { serverName, policy, clientCertificate }: ResumptionContext,
): string {
  const material = new ByteWriter()
    .vector8(encodeUtf8(version))
    .vector16(encodeUtf8(serverName))
    .vector24(encodeUtf8(JSON.stringify(policy)))
    .u8(clientCertificate?.chain.length ?? 0)
    .bytes(scope);
  for (const certificate of clientCertificate?.chain ?? []) material.vector24(certificate);
  return toHex(createHash('sha256').update(material.finish()).digest());
}

const scopeLength = 32;
