import { resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import type { ListenerPolicy } from '../../connection/parts.ts';
import type { ListenerConfiguration, MqttsConfiguration, WssConfiguration } from '../configuration/schema.ts';
import type { Driver } from '../driver.ts';
import type { ProgramLog } from '../log.ts';
import type { Issuers } from '../peer/issuers.ts';
import { Staple } from '../revocation/staple.ts';
import type { TlsMaterial } from './tls-options.ts';

/** What every listener is given. */
export interface ListenerParts {
  readonly driver: Driver;
  readonly log: ProgramLog;
  /** Those of now: a reload brings others. */
  readonly issuers: () => Issuers;
  /** The folder that paths of the configuration are relative to. */
  readonly folder: string;
  /** Milliseconds on one monotonic clock. */
  readonly now: () => number;
  /** Wall clock, for tokens and certificates. */
  readonly utcNow: () => number;
}

/** The side of a TLS listener that can change while it runs. */
export interface ListeningTls {
  readonly staple: Staple | undefined;
  replace(material: TlsMaterial): void;
  renewTickets(): void;
}

/** A listener that listens, as the ready line reports it. */
export interface Listening {
  readonly name: string;
  readonly kind: ListenerConfiguration['kind'];
  /** Host or path. */
  readonly address: string;
  readonly port?: number;
  readonly tls?: ListeningTls;
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

export function stapleOf(
  { name, ocsp_response: file }: MqttsConfiguration | WssConfiguration,
  { folder, log, utcNow }: ListenerParts,
): Staple | undefined {
  if (file === undefined) return undefined;
  const staple = new Staple({ path: resolve(folder, file), name, log, utcNow });
  staple.look();
  return staple;
}
