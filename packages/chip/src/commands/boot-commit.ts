import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const bootCommit: CommandHandler<typeof commands.bootCommit> = {
  handle: ({ boot, memory }) => {
    boot.commit();
    const { firmwareVersionMin, configurationVersionMin } = memory.state;
    return { firmwareVersionMin, configurationVersionMin };
  },
};
