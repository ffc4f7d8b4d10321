import { command } from '../command.ts';
import { record } from '../fields.ts';

export const bootBegin = command({
  name: 'BOOT_BEGIN',
  opcode: 0x40,
  group: 'boot',
  summary: 'Starts measuring, once per assertion of the reset line; clears boot-passed and every TLS session.',
  request: record({}),
  result: record({}),
});
