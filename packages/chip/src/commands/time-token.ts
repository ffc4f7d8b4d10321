import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const timeToken: CommandHandler<typeof commands.timeToken> = {
  handle: ({ time, memory, pace }, { token }) => {
    pace.spend('verify');
    const floor = time.floorAfter(time.check(token));
    memory.commit((before) => ({ ...before, ...floor }));
    time.accept(floor.timeFloorMs);
    return { nowMs: time.nowMs };
  },
};
