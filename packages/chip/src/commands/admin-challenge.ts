import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const adminChallenge: CommandHandler<typeof commands.adminChallenge> = {
  handle: ({ administration, random }) => ({ nonce: administration.nonces.challenge(random) }),
};
