import type { Credentials } from '../admission/revocations.ts';
import type { Refusal } from '../refusal.ts';

/**
 * Enhanced authentication (MQTT 5.0 §4.12) as the core sees it: a method has a name and makes exchanges, and an exchange
 * answers what a client says with more questions, with yes, or with a refusal. What the data mean is the method's alone.
 *
 * A method decides at once and holds no connection. It is asked *after* the certificate has been: it can refuse a client that
 * TLS and admission let in, and never the other way round.
 */
export interface AuthenticationMethod {
  /** As in CONNECT's authentication method. */
  readonly name: string;
  /** Milliseconds that a client has for each answer. */
  readonly answerMsMax: number;
  /** An exchange with one client, or why the method cannot work over this connection. */
  exchange(subject: AuthenticationSubject): AuthenticationExchange | Refusal;
}

export interface AuthenticationExchange {
  /** What CONNECT, or the AUTH that asks for re-authentication, brought along. */
  begin(data: Uint8Array | undefined): AuthenticationStep;
  answer(data: Uint8Array | undefined): AuthenticationStep;
}

/** What follows. A refusal ends the connection; success ends the exchange. */
export type AuthenticationStep = AuthenticationProgress | Refusal;

export interface AuthenticationProgress {
  readonly kind: 'continue' | 'success';
  /** For the client. */
  readonly data: Uint8Array | undefined;
}

/** Whom and what a method may look at. */
export interface AuthenticationSubject {
  readonly credentials: Credentials;
  /** Undefined where the client came without TLS or without a certificate of its own. */
  readonly channel: TlsChannel | undefined;
  readonly random: (length: number) => Uint8Array;
}

/** The TLS connection of a client with a certificate, from this end. */
export interface TlsChannel {
  /** The registry's name, such as `TLS_AES_128_GCM_SHA256`. */
  readonly cipherSuite: string;
  /** SHA-256 of the certificate that the broker presented, DER. */
  readonly certificateDigest: Uint8Array;
  /** RFC 8446 §7.5, RFC 5705. */
  exporter(order: { readonly label: string; readonly context: Uint8Array; readonly length: number }): Uint8Array;
}
