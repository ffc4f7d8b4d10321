import { command } from '../command.ts';
import { list as listOf, record, u16 } from '../fields.ts';
import { objectName } from '../objects/names.ts';

export const list = command({
  name: 'LIST',
  opcode: 0x10,
  group: 'objects',
  summary: 'Names the public objects that the part holds, with their lengths.',
  request: record({}),
  result: record({ objects: listOf(record({ object: objectName, length: u16 }), 64) }),
});
