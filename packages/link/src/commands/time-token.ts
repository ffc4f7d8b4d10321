import { command } from '../command.ts';
import { bytes16, record, u64 } from '../fields.ts';

export const timeToken = command({
  name: 'TIME_TOKEN',
  opcode: 0x49,
  group: 'time',
  summary:
    'Takes a time token signed by the time key over this serial, the nonce and UTC; the floor only moves forward.',
  /** COSE_Sign1, content type of a time token. */
  request: record({ token: bytes16(1024) }),
  result: record({ nowMs: u64 }),
});
