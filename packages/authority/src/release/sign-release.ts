import type { KeyObject } from 'node:crypto';
import { configurationManifest, firmwareManifest } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import { parseModel } from '../state/names.ts';
import { es256Signer, sha256 } from '../state/signer.ts';

/**
 * Signs what a model may run: one manifest over the firmware image, one over the configuration, by the boot key. The
 * part measures both itself at every start; this is where it is decided what it accepts.
 */
export interface Release {
  readonly model: string;
  /** Whole numbers from 1; a part refuses a version below the one that has proved itself. */
  readonly firmwareVersion: number;
  readonly configurationVersion: number;
  readonly firmware: Uint8Array;
  readonly configuration: Uint8Array;
  /** What the first stage loads, by SHA-256: the host reports it, the part cannot measure it. None when absent. */
  readonly laterStages?: readonly { readonly name: string; readonly digest: Uint8Array }[];
}

export interface SignedRelease {
  readonly firmwareManifest: Uint8Array;
  readonly configurationManifest: Uint8Array;
}

/** What a part measures before it lets a host authenticate (ARCHITECTURE section 4.3). */
const MEASURED_MAX = 256 * 1024;
const VERSION_MAX = 0xffff_ffff;

export async function signRelease(bootKey: KeyObject, release: Release): Promise<SignedRelease> {
  const model = parseModel(release.model);
  const { firmware, configuration } = release;
  if (firmware.length === 0 || configuration.length === 0) {
    throw new KeystileError('KS-A150', 'firmware and configuration must not be empty');
  }
  if (firmware.length + configuration.length > MEASURED_MAX) {
    const total = firmware.length + configuration.length;
    throw new KeystileError(
      'KS-A150',
      `firmware and configuration have ${total} bytes, a part measures ${MEASURED_MAX}`,
    );
  }
  const sign = es256Signer(bootKey);
  return {
    firmwareManifest: await firmwareManifest.sign(
      {
        model,
        version: parseVersion(release.firmwareVersion),
        imageDigest: sha256(firmware),
        imageLength: firmware.length,
        laterStages: release.laterStages ?? [],
      },
      sign,
    ),
    configurationManifest: await configurationManifest.sign(
      {
        model,
        version: parseVersion(release.configurationVersion),
        digest: sha256(configuration),
        length: configuration.length,
      },
      sign,
    ),
  };
}

function parseVersion(version: number): number {
  if (!Number.isInteger(version) || version < 1 || version > VERSION_MAX) {
    throw new KeystileError('KS-A150', `${version} is no version`);
  }
  return version;
}
