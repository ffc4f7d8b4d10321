import { commands } from '@keystile/link';
import type { Part } from './part.ts';

/** What the part measures, and the signed statements of what it may be. */
export interface BootImages {
  readonly firmware: Uint8Array;
  readonly configuration: Uint8Array;
  readonly firmwareManifest: Uint8Array;
  readonly configurationManifest: Uint8Array;
  /**
   * What is loaded after the first stage, each stage of the firmware manifest once; none when absent. The part takes the
   * host's word for these digests, and evidence labels them *reported*.
   */
  readonly laterStages?: readonly LaterStage[];
}

export interface LaterStage {
  readonly name: string;
  /** SHA-256 of what was loaded. */
  readonly digest: Uint8Array;
}

export interface BootedVersions {
  readonly firmwareVersion: number;
  readonly configurationVersion: number;
}

/**
 * Streams firmware and configuration into the part and has it verify both. Once per assertion of the reset line; what
 * the part refuses is thrown as it says it.
 */
export async function bootPart(part: Part, images: BootImages): Promise<BootedVersions> {
  await part.call(commands.bootBegin, {});
  await measure(part, 'firmware', images.firmware);
  await measure(part, 'configuration', images.configuration);
  const { firmwareManifest, configurationManifest, laterStages = [] } = images;
  return await part.call(commands.bootVerify, { firmwareManifest, configurationManifest, laterStages });
}

async function measure(part: Part, image: 'firmware' | 'configuration', bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += part.pieceMax) {
    await part.call(commands.bootUpdate, { image, bytes: bytes.subarray(at, at + part.pieceMax) });
  }
}
