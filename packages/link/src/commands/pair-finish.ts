import { CONFIRMATION_LENGTH } from '../channel/key-schedule.ts';
import { command } from '../command.ts';
import { fixed, record } from '../fields.ts';

export const pairFinish = command({
  name: 'PAIR_FINISH',
  opcode: 0x61,
  group: 'pairing',
  summary:
    'Ends the exchange: the channel of this link is open from the next frame on. Within a provisioning session the part stores the key of the host.',
  request: record({
    /** Shows that the host holds the private half of `hostKey`. */
    confirmation: fixed(CONFIRMATION_LENGTH),
  }),
  result: record({}),
});
