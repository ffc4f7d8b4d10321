import { command } from '../command.ts';
import { fixed, record } from '../fields.ts';

export const timeChallenge = command({
  name: 'TIME_CHALLENGE',
  opcode: 0x48,
  group: 'time',
  summary: 'Gives the nonce that the next time token must carry; a new one replaces it.',
  request: record({}),
  result: record({ nonce: fixed(16) }),
});
