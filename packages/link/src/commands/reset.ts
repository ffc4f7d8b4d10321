import { command } from '../command.ts';
import { record } from '../fields.ts';

export const reset = command({
  name: 'RESET',
  opcode: 0x04,
  group: 'system',
  summary: 'Closes every TLS session. It does not re-arm secure boot: only the reset line does.',
  request: record({}),
  result: record({}),
});
