import type { Conversation } from '../client/conversation.ts';
import type { AlertMoment } from '../client/peer-alert.ts';
import type { AuthenticatedTls12Ticket, VerifiedKeyExchange } from '../client/proof.ts';
import type { Protection } from '../record/protection.ts';
import type { SuiteParameters } from '../suites.ts';
import type { Tls12NewSessionTicket } from './messages/new-session-ticket.ts';
import type { HelloRandoms, MasterStage } from './stages.ts';

/** What every state of a TLS 1.2 handshake knows from the two hellos; no secrets. */
export interface Tls12Handshake {
  readonly conversation: Conversation;
  readonly suite: SuiteParameters;
  readonly randoms: HelloRandoms;
  /** The server may send CertificateStatus: it was asked to, and said so. */
  readonly mayStaple: boolean;
  /** The server will send a ticket before its change_cipher_spec, RFC 5077 §3.3. */
  readonly ticketFollows: boolean;
}

/** What the states hold that await the server's last flight. The master secret is theirs to destroy. */
export interface ClosingHandshake extends Tls12Handshake {
  readonly master: MasterStage;
  readonly origin: FullOrigin | ResumedOrigin;
  /** The ticket that came, worth nothing before Finished. */
  readonly received?: Tls12NewSessionTicket;
}

/** The client has answered, Finished included. */
export interface FullOrigin {
  readonly kind: 'full';
  readonly keyExchange: VerifiedKeyExchange;
  /** What an alert of the server means from here on. */
  readonly alertMoment: AlertMoment;
}

/** The server goes first; the client's Finished, under this key, comes after it. */
export interface ResumedOrigin {
  readonly kind: 'resumed';
  readonly ticket: AuthenticatedTls12Ticket;
  readonly clientKey: Protection;
}

export function alertMomentOf({ origin }: ClosingHandshake): AlertMoment {
  return origin.kind === 'full' ? origin.alertMoment : 'in the handshake';
}

/** Zeroes what the last states hold. */
export function destroyClosing({ master, origin }: ClosingHandshake): void {
  master.destroy();
  if (origin.kind === 'resumed') origin.clientKey.destroy();
}
