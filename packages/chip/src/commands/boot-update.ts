import type { commands } from '@keystile/link';
import { toldVerdict } from '../log/boot-verdict.ts';
import type { CommandHandler } from './handler.ts';

export const bootUpdate: CommandHandler<typeof commands.bootUpdate> = {
  handle: ({ boot, log }, { image, bytes }) => {
    toldVerdict(boot, log, () => boot.update(image, bytes));
    return {};
  },
};
