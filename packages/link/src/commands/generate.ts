import { command } from '../command.ts';
import { bytes16, record } from '../fields.ts';
import { keySlot } from '../objects/names.ts';

export const generate = command({
  name: 'GENERATE',
  opcode: 0x30,
  group: 'keys',
  summary: 'Makes a P-256 key pair in a slot and returns its public half. The private half never leaves.',
  request: record({ slot: keySlot }),
  /** SubjectPublicKeyInfo, DER. */
  result: record({ publicKey: bytes16(256) }),
});
