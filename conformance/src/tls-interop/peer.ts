import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { CipherSuite, Group } from '@keystile/tls';
import type { ChainLength, Records } from './cell.ts';
import type { Credentials } from './credentials.ts';
import type { Network } from './network.ts';

/** A TLS server that is not ours. One file of `peers/` each. */
export interface Peer {
  /** The program, as in its manual. */
  readonly name: string;
  /** It listens on every address and cannot be told otherwise. The others get a namespace where there is one. */
  readonly needsNamespace: boolean;
  /** It has a setting for the length of the records that it sends. */
  readonly cutsRecords: boolean;
  /** Throws when this machine does not have it. */
  demandInstalled(): void;
  /** Rejects with its own words when it does not have what it is set to. */
  start(settings: ServerSettings): Promise<RunningServer>;
  /** Sends `text` in the peer's own protocol and resolves when it came back. */
  exchange(stream: Duplex, text: string): Promise<void>;
}

/** A peer, and what its servers need to run here. */
export interface PeerSite {
  readonly peer: Peer;
  readonly credentials: Credentials;
  readonly network: Network;
}

/** Beside these, every server issues tickets and takes them back. */
export interface ServerSettings {
  readonly suite: CipherSuite;
  readonly group: Group;
  readonly chainLength: ChainLength;
  readonly clientAuthentication: boolean;
  readonly records: Records;
  readonly credentials: Credentials;
  readonly network: Network;
}

export interface RunningServer {
  dial(): Promise<Socket>;
  /** Resolves when the server has told, since the last `dial`, that it saw the client's certificate; else rejects. */
  sawClient(): Promise<void>;
  /** The same for a resumed session; undefined when the server does not tell. */
  readonly sawResumption?: () => Promise<void>;
  stop(): Promise<void>;
}
