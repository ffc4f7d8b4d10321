import { command } from '../command.ts';
import { bytes16, fixed, record } from '../fields.ts';

export const provisionBegin = command({
  name: 'PROVISION_BEGIN',
  opcode: 0x20,
  group: 'provision',
  summary:
    'Opens a provisioning session for the factory line that holds the given key and returns evidence, signed by the attestation key, over the line nonce, the part and its generated keys.',
  request: record({
    lineNonce: fixed(32),
    /** SubjectPublicKeyInfo, DER, of the key that will sign the lock order. */
    linePublicKey: bytes16(256),
  }),
  /** COSE_Sign1, content type of provision evidence. */
  result: record({ evidence: bytes16(4096) }),
});
