import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const tlsClose: CommandHandler<typeof commands.tlsClose> = {
  handle: ({ sessions }, { handle, release }) => {
    const session = sessions.demand(handle);
    session.close();
    const progress = session.progress();
    if (release) sessions.release(handle);
    return progress;
  },
};
