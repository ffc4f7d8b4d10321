import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const tlsKeyUpdate: CommandHandler<typeof commands.tlsKeyUpdate> = {
  handle: ({ sessions }, { handle }) => {
    const session = sessions.demand(handle);
    session.updateKeys();
    return session.progress();
  },
};
