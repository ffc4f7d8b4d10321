import { command } from '../command.ts';
import { bytes16, fixed, flag, record } from '../fields.ts';

export const provisionLock = command({
  name: 'PROVISION_LOCK',
  opcode: 0x22,
  group: 'provision',
  summary:
    'Ends provisioning for ever. The line signs an order over its nonce and the digest of all that was written; a dry run only says what that digest is and whether the contents are complete.',
  request: record({
    dryRun: flag,
    /** COSE_Sign1, content type of a lock order; empty in a dry run. */
    order: bytes16(1024),
    /** COSE_Sign1: the first time token, bound to this part; empty in a dry run. It sets the time floor. */
    timeToken: bytes16(1024),
  }),
  result: record({
    contentsDigest: fixed(32),
    /** COSE_Sign1, content type of lock evidence; empty in a dry run. */
    evidence: bytes16(4096),
  }),
});
