import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const random: CommandHandler<typeof commands.random> = {
  handle: (part, { length }) => ({ bytes: part.random(length) }),
};
