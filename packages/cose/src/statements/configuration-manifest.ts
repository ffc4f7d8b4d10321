import { bytes, statementKind, text, uint } from '../statement.ts';

/** What configuration a model may run with. */
export const configurationManifest = statementKind('configuration-manifest', {
  model: text(1, 64),
  /** The part accepts versions from its counter on. */
  version: uint(2, 0xffff_ffff),
  /** SHA-256. */
  digest: bytes(3, 32),
  /** Bytes. */
  length: uint(4, 0xffff_ffff),
});

export type ConfigurationManifest = ReturnType<typeof configurationManifest.decode>;
