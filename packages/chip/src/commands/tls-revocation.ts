import { KeystileError } from '@keystile/errors';
import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const tlsRevocation: CommandHandler<typeof commands.tlsRevocation> = {
  handle: ({ sessions }, { handle, ...piece }) => {
    const { policy, lists } = sessions.demand(handle);
    if (policy.revocationRule === 'none') {
      throw new KeystileError('KS-C180', `policy '${policy.name}' has the revocation rule 'none'`);
    }
    lists.add(piece);
    return { lists: lists.count, room: lists.room };
  },
};
