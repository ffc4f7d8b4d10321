import type { commands } from '@keystile/link';
import { OUTGOING_BESIDE_DATA_MAX } from '../sessions/tls-session.ts';
import type { CommandHandler } from './handler.ts';

export const tlsRead: CommandHandler<typeof commands.tlsRead> = {
  handle: ({ sessions }, { handle, lengthMax }) => {
    const session = sessions.demand(handle);
    const bytes = session.read(lengthMax);
    return { bytes, progress: session.progress(OUTGOING_BESIDE_DATA_MAX) };
  },
};
