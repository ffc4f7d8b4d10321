import { command } from '../command.ts';
import { bytes16, record, u16 } from '../fields.ts';
import { objectName } from '../objects/names.ts';

/** Bytes of an object in one answer. */
export const READ_MAX = 4096;

export const read = command({
  name: 'READ',
  opcode: 0x11,
  group: 'objects',
  summary: 'Reads a piece of a public object.',
  request: record({ object: objectName, offset: u16, lengthMax: u16 }),
  result: record({
    bytes: bytes16(READ_MAX),
    /** Length of the whole object. */
    length: u16,
  }),
});
