import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const reset: CommandHandler<typeof commands.reset> = {
  handle: (part) => {
    part.sessions.discardAll('boot');
    part.provisioning = undefined;
    return {};
  },
};
