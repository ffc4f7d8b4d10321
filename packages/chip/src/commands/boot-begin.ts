import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const bootBegin: CommandHandler<typeof commands.bootBegin> = {
  handle: ({ boot, sessions }) => {
    sessions.discardAll('boot');
    boot.begin();
    return {};
  },
};
