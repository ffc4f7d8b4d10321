import { command } from '../command.ts';
import { bytes16, fixed, list, record, text, u32 } from '../fields.ts';

/** Stages after the first that a firmware manifest may name. */
const LATER_STAGES_MAX = 16;

export const bootVerify = command({
  name: 'BOOT_VERIFY',
  opcode: 0x42,
  group: 'boot',
  summary:
    'Compares what was measured, and what the host reports of later stages, with two signed manifests: signature by the boot key, model, version at least the counter, digests.',
  request: record({
    /** COSE_Sign1, content type of a firmware manifest. */
    firmwareManifest: bytes16(2048),
    /** COSE_Sign1, content type of a configuration manifest. */
    configurationManifest: bytes16(2048),
    /** What the host says that it has loaded after the first stage: each stage of the manifest once, by its SHA-256. */
    laterStages: list(record({ name: text(64), digest: fixed(32) }), LATER_STAGES_MAX),
  }),
  result: record({ firmwareVersion: u32, configurationVersion: u32 }),
});
