import type { AccessControl } from '../access/access-control.ts';
import type { ClientIdPolicy, ClientsAtOnce } from '../admission/client-id.ts';
import type { Credentials, Revocations } from '../admission/revocations.ts';
import type { Authentication } from '../authentication/authentication.ts';
import type { TlsChannel } from '../authentication/method.ts';
import type { Limits } from '../limits.ts';
import type { EventSink } from '../log.ts';
import type { Message } from '../message.ts';
import type { SessionRegistry } from '../session/session-registry.ts';
import type { Store } from '../store/store.ts';
import type { Router } from '../topics/router.ts';
import type { PublishEncoding } from './publish-encoding.ts';

/** What every connection of one broker shares. */
export interface BrokerParts {
  readonly store: Store;
  readonly access: AccessControl;
  readonly router: Router;
  readonly sessions: SessionRegistry;
  readonly revocations: Revocations;
  readonly authentication: Authentication;
  readonly clientsAtOnce: ClientsAtOnce;
  readonly encoding: PublishEncoding;
  readonly random: (length: number) => Uint8Array;
  readonly log: EventSink;
  /** Where clients are sent while the broker drains (§4.11). */
  readonly serverReference: string | undefined;
  /** True once the broker takes no new clients. */
  isDraining(): boolean;
  /**
   * Keeps what is to be retained and delivers to subscribers; returns how many sessions subscribe. `listener` is where the
   * message came by, if it came from a client.
   */
  publish(message: Message, nowMs: number, listener?: string): number;
}

/** Where a connection comes from: who it is, by the edge's verification, and the listener's conditions. */
export interface Peer {
  readonly credentials: Credentials;
  readonly listener: ListenerPolicy;
  /** For methods that bind themselves to the connection; absent without TLS or without a client certificate. */
  readonly channel?: TlsChannel;
  /** For the log: address and port, or the path of a socket. */
  readonly remote: string;
}

export interface ListenerPolicy {
  readonly name: string;
  readonly clientIds: ClientIdPolicy;
  readonly limits: Limits;
}
