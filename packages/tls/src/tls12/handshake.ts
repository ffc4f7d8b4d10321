import type { Conversation } from '../client/conversation.ts';
import type { SuiteParameters } from '../suites.ts';
import type { HelloRandoms } from './stages.ts';

/** What every state of a TLS 1.2 handshake knows from the two hellos; no secrets. */
export interface Tls12Handshake {
  readonly conversation: Conversation;
  readonly suite: SuiteParameters;
  readonly randoms: HelloRandoms;
  /** The server may send CertificateStatus: it was asked to, and said so. */
  readonly mayStaple: boolean;
}
