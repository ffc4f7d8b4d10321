import { command } from '../command.ts';
import { record } from '../fields.ts';
import { administrationResponse } from './admin-execute.ts';

export const adminStatus = command({
  name: 'ADMIN_STATUS',
  opcode: 0x85,
  group: 'administration',
  summary:
    "Says, signed, what has become of the administrator's last command; of a proved one, what the receipt is over.",
  request: record({}),
  result: record({
    /** COSE_Sign1, content type of an administration response. */
    response: administrationResponse,
  }),
});
