import { command } from '../command.ts';
import { bytes16, choice, record } from '../fields.ts';

/** Bytes of an image in one request. */
export const BOOT_CHUNK_MAX = 16_384;

export const bootUpdate = command({
  name: 'BOOT_UPDATE',
  opcode: 0x41,
  group: 'boot',
  summary: 'Streams the next bytes of the firmware image or the configuration into the measurement.',
  request: record({ image: choice(['firmware', 'configuration']), bytes: bytes16(BOOT_CHUNK_MAX) }),
  result: record({}),
});
