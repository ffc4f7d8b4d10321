import { command } from '../command.ts';
import { fixed, record } from '../fields.ts';

export const adminChallenge = command({
  name: 'ADMIN_CHALLENGE',
  opcode: 0x80,
  group: 'administration',
  summary: "Gives a nonce for an administrator's command; four are outstanding at once, a fifth displaces the oldest.",
  request: record({}),
  result: record({ nonce: fixed(16) }),
});
