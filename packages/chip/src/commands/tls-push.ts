import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const tlsPush: CommandHandler<typeof commands.tlsPush> = {
  handle: async ({ sessions }, { handle, bytes }) => {
    const session = sessions.demand(handle);
    await session.push(bytes);
    return session.progress();
  },
};
