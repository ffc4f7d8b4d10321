import { command } from '../command.ts';
import { bytes16, choice, fixed, list, record, text, u64 } from '../fields.ts';
import { lifeCycle } from '../objects/names.ts';
import { ADMIN_COMMAND_MAX } from './admin-execute.ts';

export const dryRun = command({
  name: 'DRY_RUN',
  opcode: 0x82,
  group: 'administration',
  summary:
    "Judges an administrator's signed command as ADMIN_EXECUTE would, says what it would change, changes nothing.",
  request: record({
    /** COSE_Sign1, content type of an administrator command. */
    command: bytes16(ADMIN_COMMAND_MAX),
  }),
  result: record({
    /** Whether it would take effect at once, or be staged until it is proved. */
    effect: choice(['at-once', 'staged']),
    /** One sentence an operation. */
    changes: list(text(500), 16),
    /** How the part would be once the command has taken effect. SHA-256 over the objects. */
    anchorsDigest: fixed(32),
    policiesDigest: fixed(32),
    administratorKeysDigest: fixed(32),
    lifeCycle,
    timeFloorMs: u64,
  }),
});
