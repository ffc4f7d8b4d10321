import type { Duplex } from 'node:stream';
import type { ListenerPolicy } from '../../connection/parts.ts';
import type { ListenerConfiguration } from '../configuration/schema.ts';
import type { Driver } from '../driver.ts';
import type { ProgramLog } from '../log.ts';
import type { Issuers } from '../peer/issuers.ts';

/** What every listener is given. */
export interface ListenerParts {
  readonly driver: Driver;
  readonly log: ProgramLog;
  readonly issuers: Issuers;
  /** The folder that paths of the configuration are relative to. */
  readonly folder: string;
  /** Wall clock, for tokens. */
  readonly utcNow: () => number;
}

/** A listener that listens, as the ready line reports it. */
export interface Listening {
  readonly name: string;
  readonly kind: ListenerConfiguration['kind'];
  /** Host or path. */
  readonly address: string;
  readonly port?: number;
  /** Accepts nothing more; connections stay. */
  close(): Promise<void>;
}

export function policyOf(configuration: ListenerConfiguration): ListenerPolicy {
  return { name: configuration.name, clientIds: configuration.client_ids, limits: configuration.limits };
}

/** What a peer presents is read here, before it has a connection of the driver's: a fault of ours costs that peer alone. */
export function guarded<T>(socket: Duplex, log: ProgramLog, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    log.fault('KS-B117', 'a peer that was not admitted met it', error);
    socket.destroy();
    return undefined;
  }
}
