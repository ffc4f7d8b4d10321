import { command } from '../command.ts';
import { bytes16, fixed, record } from '../fields.ts';
import { sessionHandle } from '../objects/tls-progress.ts';

export const evidence = command({
  name: 'EVIDENCE',
  opcode: 0x78,
  group: 'evidence',
  summary:
    'Returns a signed statement of what the part is and of one of its connected TLS sessions, bound to a nonce of the server.',
  request: record({ handle: sessionHandle, nonce: fixed(32) }),
  /** COSE_Sign1 by the attestation key: evidence, or tamper evidence of a part that was tampered with. */
  result: record({ statement: bytes16(8192) }),
});
