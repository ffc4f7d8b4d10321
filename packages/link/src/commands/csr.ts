import { command } from '../command.ts';
import { bytes16, record } from '../fields.ts';
import { keySlot } from '../objects/names.ts';

export const csr = command({
  name: 'CSR',
  opcode: 0x31,
  group: 'keys',
  summary: 'Returns a PKCS #10 request for a slot. Subject and SAN come from the stored identity, never from the host.',
  request: record({ slot: keySlot }),
  /** CertificationRequest, DER. */
  result: record({ request: bytes16(2048) }),
});
