import { command } from '../command.ts';
import { bytes16, record, u16 } from '../fields.ts';
import { objectName } from '../objects/names.ts';

/** Bytes of an object in one request. */
export const PROVISION_CHUNK_MAX = 4096;

export const provisionWrite = command({
  name: 'PROVISION_WRITE',
  opcode: 0x21,
  group: 'provision',
  summary:
    'Writes a piece of an object, in order from offset 0; the object changes, all at once, with the piece that completes its total length.',
  request: record({ object: objectName, offset: u16, total: u16, bytes: bytes16(PROVISION_CHUNK_MAX) }),
  result: record({}),
});
