import type { commands } from '@keystile/link';
import { signedResponse } from '../administration/conclude-change.ts';
import type { CommandHandler } from './handler.ts';

export const adminStatus: CommandHandler<typeof commands.adminStatus> = {
  handle: (part) => signedResponse(part),
};
