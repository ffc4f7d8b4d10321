import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const selfTest: CommandHandler<typeof commands.selfTest> = {
  handle: ({ health }) => {
    const failed = health.test();
    return { passed: failed === undefined, failed: failed ?? '' };
  },
};
