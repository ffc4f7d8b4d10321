import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const timeChallenge: CommandHandler<typeof commands.timeChallenge> = {
  handle: ({ time, random }) => ({ nonce: time.challenge(random) }),
};
