import { KeystileError } from '@keystile/errors';
import type { commands } from '@keystile/link';
import type { CommandHandler } from './handler.ts';

export const generate: CommandHandler<typeof commands.generate> = {
  handle: async ({ memory, vault }, { slot }) => {
    const { keys, objects } = memory.state;
    if (slot === 'idevid' && keys.has('idevid')) throw new KeystileError('KS-C144', 'the IDevID key was made before');
    if (objects.has(`${slot}-chain`)) throw new KeystileError('KS-C144', `slot ${slot} has its certificate`);
    const key = await vault.generate(slot);
    const replaced = memory.state.keys.get(slot);
    // A tamper event came meanwhile: the commit will refuse, and a key that nothing names must not stay in a token.
    if (memory.tamperCause !== undefined) await vault.destroy(slot, key.handle);
    memory.commit((before) => ({ ...before, keys: new Map([...before.keys, [slot, key]]) }));
    if (replaced !== undefined) await vault.destroy(slot, replaced.handle);
    return { publicKey: key.publicKey };
  },
};
