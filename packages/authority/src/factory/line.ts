import type { Policy } from '@keystile/link';
import type { Fleet } from '../ceremony/fleet.ts';
import type { Clock } from '../state/clock.ts';
import type { Registry } from './registry.ts';

/** A factory line: what stays the same from part to part. */
export interface Line {
  readonly fleet: Fleet;
  readonly registry: Registry;
  /** The only model that this line takes. */
  readonly model: string;
  readonly lot: string;
  readonly policies: readonly Policy[];
  readonly now: Clock;
}

/** What a part has become; all of it is public. */
export interface ProvisionedDevice {
  readonly serial: string;
  readonly model: string;
  readonly id: string;
  /** `urn:keystile:<fleet>:device:<id>` */
  readonly identity: string;
  /** SHA-256 over the contents, hexadecimal. */
  readonly contentsDigest: string;
  readonly ldevidExpiresAt: string;
}
