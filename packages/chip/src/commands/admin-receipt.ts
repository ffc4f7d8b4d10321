import type { commands } from '@keystile/link';
import { concludeChange, signedResponse } from '../administration/conclude-change.ts';
import type { CommandHandler } from './handler.ts';

export const adminReceipt: CommandHandler<typeof commands.adminReceipt> = {
  handle: async (part, { receipt }) => {
    part.pace.spend('verify');
    await concludeChange(part, part.administration.receive(receipt));
    return signedResponse(part);
  },
};
