import { type commands, READ_MAX } from '@keystile/link';
import { demandObject } from '../objects/public-objects.ts';
import type { CommandHandler } from './handler.ts';

export const read: CommandHandler<typeof commands.read> = {
  handle: ({ memory }, { object, offset, lengthMax }) => {
    const bytes = demandObject(memory.state, object);
    return { bytes: bytes.subarray(offset, offset + Math.min(lengthMax, READ_MAX)), length: bytes.length };
  },
};
