import type { Administration } from './administration/administration.ts';
import type { SecureBoot } from './boot/secure-boot.ts';
import type { LogKeeper } from './log/log-keeper.ts';
import type { PartMemory } from './memory/part-memory.ts';
import type { ProvisioningSession } from './objects/provisioning-session.ts';
import type { PartPairing } from './pairing/part-pairing.ts';
import type { PoweredClock, RandomSource } from './ports.ts';
import type { RandomGenerator } from './random/random-generator.ts';
import type { Renewal } from './renewal/renewal.ts';
import type { PartHealth } from './self-test/part-health.ts';
import type { SessionTable } from './sessions/session-table.ts';
import type { ExporterPort } from './signing/exporter-port.ts';
import type { PartSigner } from './signing/part-signer.ts';
import type { WriteThrottle } from './throttle/write-throttle.ts';
import type { PartTime } from './time/part-time.ts';
import type { Pace } from './timing/pace.ts';
import type { Vault } from './vault/vault.ts';

/** All that a command works on: the part's organs. Only the provisioning session is replaced during its life. */
export interface Part {
  readonly memory: PartMemory;
  readonly vault: Vault;
  readonly signer: PartSigner;
  readonly exporter: ExporterPort;
  readonly boot: SecureBoot;
  readonly time: PartTime;
  readonly sessions: SessionTable;
  readonly pairing: PartPairing;
  readonly health: PartHealth;
  readonly throttle: WriteThrottle;
  readonly log: LogKeeper;
  readonly generator: RandomGenerator;
  /** Bytes of the generator. */
  readonly administration: Administration;
  readonly renewal: Renewal;
  readonly random: RandomSource;
  readonly poweredMs: PoweredClock;
  readonly pace: Pace;
  provisioning: ProvisioningSession | undefined;
}
