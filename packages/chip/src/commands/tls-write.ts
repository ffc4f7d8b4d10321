import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const tlsWrite: CommandHandler<typeof commands.tlsWrite> = {
  handle: ({ sessions }, { handle, bytes }) => {
    const session = sessions.demand(handle);
    session.write(bytes);
    return session.progress();
  },
};
