import type { commands } from '@keystile/link';
import { listObjects } from '../objects/public-objects.ts';
import type { CommandHandler } from './handler.ts';

export const list: CommandHandler<typeof commands.list> = {
  handle: ({ memory }) => ({ objects: listObjects(memory.state) }),
};
