import type { commands } from '@keystile/link';
import { firstFailedTest } from '../self-test/known-answers.ts';
import type { CommandHandler } from './handler.ts';

export const selfTest: CommandHandler<typeof commands.selfTest> = {
  handle: () => {
    const failed = firstFailedTest();
    return { passed: failed === undefined, failed: failed ?? '' };
  },
};
