import { bytes, listOf, statementKind, text, uint } from '../statement.ts';

/**
 * What firmware a model may run. The part measures the image itself; later stages are digests that the host reports.
 */
export const firmwareManifest = statementKind('firmware-manifest', {
  model: text(1, 64),
  /** The part accepts versions from its counter on. */
  version: uint(2, 0xffff_ffff),
  /** SHA-256. */
  imageDigest: bytes(3, 32),
  /** Bytes. */
  imageLength: uint(4, 0xffff_ffff),
  laterStages: listOf(5, { name: text(1, 64), digest: bytes(2, 32) }, 16),
});

export type FirmwareManifest = ReturnType<typeof firmwareManifest.decode>;
