import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const bootUpdate: CommandHandler<typeof commands.bootUpdate> = {
  handle: ({ boot }, { image, bytes }) => {
    boot.update(image, bytes);
    return {};
  },
};
