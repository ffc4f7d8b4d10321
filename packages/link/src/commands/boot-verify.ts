import { command } from '../command.ts';
import { bytes16, record, u32 } from '../fields.ts';

export const bootVerify = command({
  name: 'BOOT_VERIFY',
  opcode: 0x42,
  group: 'boot',
  summary:
    'Compares what was measured with two signed manifests: signature by the boot key, model, version at least the counter, digest.',
  request: record({
    /** COSE_Sign1, content type of a firmware manifest. */
    firmwareManifest: bytes16(2048),
    /** COSE_Sign1, content type of a configuration manifest. */
    configurationManifest: bytes16(2048),
  }),
  result: record({ firmwareVersion: u32, configurationVersion: u32 }),
});
