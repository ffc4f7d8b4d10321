import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

/** Entries in one answer, as the command says. */
const ENTRIES_MAX = 32;

export const traceRead: CommandHandler<typeof commands.traceRead> = {
  handle: ({ sessions }, { handle, from }) => {
    const { trace } = sessions.demand(handle);
    const entries = trace.entries(from, ENTRIES_MAX);
    return { entries, more: from + entries.length < trace.length };
  },
};
