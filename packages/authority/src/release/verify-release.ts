import type { KeyObject } from 'node:crypto';
import { equalPublicBytes } from '@keystile/bytes';
import { configurationManifest, firmwareManifest } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import { sha256 } from '../state/signer.ts';
import type { SignedRelease } from './sign-release.ts';

/** What two manifests say of the images that they were compared with. */
export interface VerifiedRelease {
  readonly model: string;
  readonly firmwareVersion: number;
  readonly configurationVersion: number;
}

export interface ReleaseImages {
  readonly firmware: Uint8Array;
  readonly configuration: Uint8Array;
}

/**
 * The part's own verdict, before a part is asked: signature and content type of both manifests, one model, and the
 * digests and lengths of the images. What it cannot know is the versions below which a part refuses.
 *
 * Throws KS-S100 to KS-S103 for a manifest, KS-A151 for an image.
 */
export function verifyRelease(bootKey: KeyObject, release: SignedRelease & ReleaseImages): VerifiedRelease {
  const firmware = firmwareManifest.verify(release.firmwareManifest, bootKey);
  const configuration = configurationManifest.verify(release.configurationManifest, bootKey);
  if (firmware.model !== configuration.model) {
    throw new KeystileError(
      'KS-A151',
      `the firmware is for model ${firmware.model}, the configuration for ${configuration.model}`,
    );
  }
  compare('firmware', release.firmware, { digest: firmware.imageDigest, length: firmware.imageLength });
  compare('configuration', release.configuration, configuration);
  return {
    model: firmware.model,
    firmwareVersion: firmware.version,
    configurationVersion: configuration.version,
  };
}

function compare(
  what: 'firmware' | 'configuration',
  image: Uint8Array,
  signed: { readonly digest: Uint8Array; readonly length: number },
): void {
  const digest = sha256(image);
  if (image.length === signed.length && equalPublicBytes(digest, signed.digest)) return;
  throw new KeystileError(
    'KS-A151',
    `the ${what} has ${image.length} bytes with SHA-256 ${hex(digest)}; its manifest is for ${signed.length} bytes with ${hex(signed.digest)}`,
  );
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
