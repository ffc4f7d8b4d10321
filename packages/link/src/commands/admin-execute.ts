import { command } from '../command.ts';
import { bytes16, record } from '../fields.ts';

/** Bytes of a signed command: eight policies with all their names, and a root. */
export const ADMIN_COMMAND_MAX = 16_384;

export const administrationResponse: ReturnType<typeof bytes16> = bytes16(2048);

export const adminExecute = command({
  name: 'ADMIN_EXECUTE',
  opcode: 0x81,
  group: 'administration',
  summary: "Carries out an administrator's signed command, or stages it until it is proved; answers signed.",
  request: record({
    /** COSE_Sign1, content type of an administrator command. */
    command: bytes16(ADMIN_COMMAND_MAX),
  }),
  result: record({
    /** COSE_Sign1, content type of an administration response. */
    response: administrationResponse,
  }),
});
