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
