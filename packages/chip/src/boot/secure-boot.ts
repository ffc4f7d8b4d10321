import { createHash, type Hash } from 'node:crypto';
import { equalPublicBytes } from '@keystile/bytes';
import {
  type ConfigurationManifest,
  configurationManifest,
  type FirmwareManifest,
  firmwareManifest,
  type StatementKind,
} from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import type { BootState } from '@keystile/link';
import type { PartMemory } from '../memory/part-memory.ts';

/**
 * Secure boot: what the host streams is measured, compared with signed manifests, and only then may the host use the
 * device's keys.
 *
 *   reset line ──► armed ──BOOT_BEGIN──► measuring ──BOOT_VERIFY──► passed ──(handshake)──► proved ──BOOT_COMMIT──►
 *                    │                        └──────► failed
 *                    └── the first TLS command disarms
 *
 * Only the reset line arms it again: malware that runs later cannot measure genuine images in place of itself. A host
 * whose boot ROM lies can stream good bytes and run others; that is beyond what a part on the bus can see.
 */
export type BootImage = 'firmware' | 'configuration';

/** First stage and configuration together: seconds on a slow bus, and the part needs no memory for them. */
export const BOOT_BYTES_MAX: number = 256 * 1024;

export interface BootVersions {
  readonly firmwareVersion: number;
  readonly configurationVersion: number;
}

/** One piece of what runs, and how the part knows of it. */
export interface BootComponent {
  readonly version: number;
  /** SHA-256. */
  readonly digest: Uint8Array;
  /** `measured`: hashed here as it was streamed. `reported`: the host's word, as the manifest has it; never seen. */
  readonly origin: 'measured' | 'reported';
}

/** What the host says of a stage that it loaded after the first. */
export interface ReportedStage {
  readonly name: string;
  /** SHA-256. */
  readonly digest: Uint8Array;
}

export interface BootClaims {
  /** Signed manifests, COSE_Sign1. */
  readonly firmware: Uint8Array;
  readonly configuration: Uint8Array;
  readonly laterStages: readonly ReportedStage[];
}

interface Measurement {
  readonly hashes: Readonly<Record<BootImage, Hash>>;
  readonly lengths: Record<BootImage, number>;
}

type BootComponents = ReadonlyMap<string, BootComponent>;

type Boot =
  | { readonly kind: 'none' }
  | { readonly kind: 'measuring'; readonly measurement: Measurement }
  | {
      readonly kind: 'passed';
      readonly versions: BootVersions;
      readonly components: BootComponents;
      readonly isProved: boolean;
    }
  | { readonly kind: 'failed' };

export class SecureBoot {
  readonly #memory: PartMemory;
  #armed = true;
  #boot: Boot = { kind: 'none' };

  constructor(memory: PartMemory) {
    this.#memory = memory;
  }

  get state(): BootState {
    return this.#boot.kind;
  }

  get isArmed(): boolean {
    return this.#armed;
  }

  /** What runs now, as verified; undefined before. */
  get versions(): BootVersions | undefined {
    return this.#boot.kind === 'passed' ? this.#boot.versions : undefined;
  }

  /** What runs now, piece by piece; empty unless the boot has passed. */
  get components(): BootComponents {
    return this.#boot.kind === 'passed' ? this.#boot.components : new Map();
  }

  /** The reset line was asserted. */
  arm(): void {
    this.#armed = true;
    this.#boot = { kind: 'none' };
  }

  /** Other code than the first has begun to run. */
  disarm(): void {
    this.#armed = false;
  }

  /** Ends whatever was verified, for ever or until the next reset. */
  fail(): void {
    this.#boot = { kind: 'failed' };
  }

  begin(): void {
    this.#armed = false;
    this.#boot = {
      kind: 'measuring',
      measurement: {
        hashes: { firmware: createHash('sha256'), configuration: createHash('sha256') },
        lengths: { firmware: 0, configuration: 0 },
      },
    };
  }

  update(image: BootImage, bytes: Uint8Array): void {
    const { hashes, lengths } = this.#measurement();
    const total = lengths.firmware + lengths.configuration + bytes.length;
    if (total > BOOT_BYTES_MAX) {
      this.fail();
      throw new KeystileError('KS-C116', `firmware and configuration are longer than ${BOOT_BYTES_MAX} bytes`);
    }
    hashes[image].update(bytes);
    lengths[image] += bytes.length;
  }

  /** The verdict: either passes, or fails until the next reset. */
  verify(claims: BootClaims): BootVersions {
    const measurement = this.#measurement();
    this.fail();
    const key = this.#bootKey();
    const firmware = verifiedManifest(firmwareManifest, claims.firmware, key);
    const configuration = verifiedManifest(configurationManifest, claims.configuration, key);
    this.#checkModel('firmware', firmware.model);
    this.#checkModel('configuration', configuration.model);
    const { firmwareVersionMin, configurationVersionMin } = this.#memory.state;
    checkVersion('firmware', firmware.version, firmwareVersionMin);
    checkVersion('configuration', configuration.version, configurationVersionMin);
    checkMeasured(measurement, firmware, configuration);
    checkReported(claims.laterStages, firmware);
    const versions = { firmwareVersion: firmware.version, configurationVersion: configuration.version };
    this.#boot = { kind: 'passed', versions, components: componentsOf(firmware, configuration), isProved: false };
    return versions;
  }

  /** A full handshake with client authentication has completed since the verification. */
  prove(): void {
    if (this.#boot.kind === 'passed') this.#boot = { ...this.#boot, isProved: true };
  }

  /** Raises the counters to what runs now. Throws `KS-C122` before it has proved itself. */
  commit(): void {
    const boot = this.#boot;
    if (boot.kind !== 'passed' || !boot.isProved) {
      throw new KeystileError('KS-C122', 'no handshake with client authentication since the verification');
    }
    const { firmwareVersion, configurationVersion } = boot.versions;
    const { firmwareVersionMin, configurationVersionMin } = this.#memory.state;
    // Nothing to raise is nothing to write: the host must not be able to wear the memory out.
    if (firmwareVersion === firmwareVersionMin && configurationVersion === configurationVersionMin) return;
    this.#memory.commit((state) => ({
      ...state,
      firmwareVersionMin: firmwareVersion,
      configurationVersionMin: configurationVersion,
    }));
  }

  #measurement(): Measurement {
    if (this.#boot.kind !== 'measuring') throw new KeystileError('KS-C115', `the boot state is ${this.#boot.kind}`);
    return this.#boot.measurement;
  }

  #bootKey(): Uint8Array {
    const key = this.#memory.state.objects.get('boot-key');
    if (key === undefined) throw new KeystileError('KS-C140', 'the part holds no boot key');
    return key;
  }

  #checkModel(image: BootImage, model: string): void {
    const own = this.#memory.state.model;
    if (model !== own)
      throw new KeystileError('KS-C121', `the ${image} is for model ${model}, this part is for ${own}`);
  }
}

/** Names that only the part gives come last: a later stage cannot pass for what was measured. */
function componentsOf(firmware: FirmwareManifest, configuration: ConfigurationManifest): BootComponents {
  const { version, imageDigest, laterStages } = firmware;
  return new Map<string, BootComponent>([
    ...laterStages.map(({ name, digest }) => [name, { version, digest, origin: 'reported' }] as const),
    ['firmware', { version, digest: imageDigest, origin: 'measured' }],
    ['configuration', { version: configuration.version, digest: configuration.digest, origin: 'measured' }],
  ]);
}

function verifiedManifest<T>(kind: StatementKind<T>, manifest: Uint8Array, key: Uint8Array): T {
  try {
    return kind.verify(manifest, key);
  } catch (cause) {
    if (cause instanceof KeystileError)
      throw new KeystileError('KS-C120', `${cause.detail} (${cause.code})`, { cause });
    throw cause;
  }
}

function checkVersion(image: BootImage, version: number, least: number): void {
  if (version >= least) return;
  throw new KeystileError('KS-C119', `the ${image} has version ${version}, the part accepts ${least} and later`);
}

function checkMeasured(
  { hashes, lengths }: Measurement,
  firmware: FirmwareManifest,
  configuration: ConfigurationManifest,
): void {
  const isFirmware = equalPublicBytes(hashes.firmware.digest(), firmware.imageDigest);
  if (!isFirmware || lengths.firmware !== firmware.imageLength) {
    throw new KeystileError(
      'KS-C117',
      `the ${lengths.firmware} bytes of firmware that the part measured are not those of version ${firmware.version}`,
    );
  }
  const isConfiguration = equalPublicBytes(hashes.configuration.digest(), configuration.digest);
  if (!isConfiguration || lengths.configuration !== configuration.length) {
    throw new KeystileError(
      'KS-C118',
      `the ${lengths.configuration} bytes of configuration that the part measured are not those of version ${configuration.version}`,
    );
  }
}

/**
 * The report is a claim and passes for no more (evidence labels it so), but one that differs from the manifest tells of
 * a stage that nobody signed. Each stage of the manifest is reported once: a host that leaves one out has not started
 * what it claims to run.
 */
function checkReported(reported: readonly ReportedStage[], { laterStages, version }: FirmwareManifest): void {
  const left = new Map(laterStages.map(({ name, digest }) => [name, digest]));
  for (const { name, digest } of reported) {
    const signed = left.get(name);
    if (signed === undefined || !equalPublicBytes(signed, digest)) {
      const said = laterStages.some((stage) => stage.name === name) ? 'reported otherwise or twice' : 'not in it';
      throw new KeystileError('KS-C250', `stage '${name}' is ${said}: the manifest is of version ${version}`);
    }
    left.delete(name);
  }
  const [missing] = left.keys();
  if (missing === undefined) return;
  throw new KeystileError('KS-C251', `stage '${missing}' of version ${version} was not reported`);
}
