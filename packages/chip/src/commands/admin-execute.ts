import type { commands } from '@keystile/link';
import { concludeChange, signedResponse } from '../administration/conclude-change.ts';
import type { CommandHandler } from './handler.ts';

export const adminExecute: CommandHandler<typeof commands.adminExecute> = {
  handle: async (part, { command }) => {
    part.pace.spend('verify');
    await concludeChange(part, part.administration.execute(command.slice()));
    return signedResponse(part);
  },
};
