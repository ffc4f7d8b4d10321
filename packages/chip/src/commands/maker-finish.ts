import { KeystileError } from '@keystile/errors';
import { chainFields, type commands, encodeField } from '@keystile/link';
import { checkChainOfKey } from '../objects/check-object.ts';
import type { CommandHandler } from './handler.ts';

export const makerFinish: CommandHandler<typeof commands.makerFinish> = {
  handle: ({ memory }, { chain }) => {
    const key = memory.state.keys.get('attestation');
    if (key === undefined) throw new KeystileError('KS-C146', 'MAKER_BEGIN makes the attestation key');
    checkChainOfKey('attestation-chain', key.publicKey, chain);
    const bytes = encodeField(chainFields, chain);
    memory.commit((before) => ({
      ...before,
      lifeCycle: 'blank',
      objects: new Map([...before.objects, ['attestation-chain', bytes]]),
    }));
    return {};
  },
};
