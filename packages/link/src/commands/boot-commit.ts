import { command } from '../command.ts';
import { record, u32 } from '../fields.ts';

export const bootCommit = command({
  name: 'BOOT_COMMIT',
  opcode: 0x43,
  group: 'boot',
  summary:
    'Raises the version counters to what runs now, after a full handshake with client authentication; from then on older versions are refused.',
  request: record({}),
  result: record({ firmwareVersionMin: u32, configurationVersionMin: u32 }),
});
