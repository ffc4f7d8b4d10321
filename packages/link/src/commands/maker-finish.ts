import { command } from '../command.ts';
import { record } from '../fields.ts';
import { chainFields } from '../objects/certificates.ts';

export const makerFinish = command({
  name: 'MAKER_FINISH',
  opcode: 0x19,
  group: 'maker',
  summary: 'Stores the maker certificate of the attestation key; the part is blank from here on.',
  request: record({ chain: chainFields }),
  result: record({}),
});
