import { command } from '../command.ts';
import { bytes16, record } from '../fields.ts';
import { administrationResponse } from './admin-execute.ts';

export const adminReceipt = command({
  name: 'ADMIN_RECEIPT',
  opcode: 0x83,
  group: 'administration',
  summary:
    "Commits a staged change that was proved, on the authority's receipt over command and proof; answers signed.",
  request: record({
    /** COSE_Sign1, content type of a commit receipt. */
    receipt: bytes16(1024),
  }),
  result: record({
    /** COSE_Sign1, content type of an administration response. */
    response: administrationResponse,
  }),
});
