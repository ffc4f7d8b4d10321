import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const tlsPull: CommandHandler<typeof commands.tlsPull> = {
  handle: ({ sessions }, { handle }) => sessions.demand(handle).progress(),
};
