import { command } from '../command.ts';
import { bytes16, record, u8 } from '../fields.ts';

export const random = command({
  name: 'RANDOM',
  opcode: 0x05,
  group: 'system',
  summary: 'Gives random bytes from the generator of the part.',
  request: record({ length: u8 }),
  result: record({ bytes: bytes16(255) }),
});
