import { KeystileError } from '@keystile/errors';
import type { commands, KeySlot } from '@keystile/link';
import type { PartState, VaultSlot } from '../memory/part-state.ts';
import type { CommandHandler } from './handler.ts';

export const generate: CommandHandler<typeof commands.generate> = {
  handle: async ({ memory, vault }, { slot }) => {
    demandFree(memory.state, slot);
    const place = slot === 'ldevid-spare' ? sparePlace(memory.state) : slot;
    const key = { ...(await vault.generate(place)), place };
    const replaced = memory.state.keys.get(slot);
    // A tamper event came meanwhile: the commit will refuse, and a key that nothing names must not stay in a token.
    if (memory.tamperCause !== undefined) await vault.destroy(place, key.handle);
    memory.commit((before) => ({
      ...before,
      keys: new Map([...before.keys, [slot, key]]),
      objects: withoutSpareChain(before),
    }));
    if (replaced !== undefined) await vault.destroy(replaced.place, replaced.handle);
    return { publicKey: key.publicKey };
  },
};

/** In the factory the two slots of the device, each until it has its certificate; in the field the spare one alone. */
function demandFree({ lifeCycle, keys, objects }: PartState, slot: KeySlot): void {
  if (lifeCycle === 'operational') {
    if (slot === 'ldevid-spare') return;
    throw new KeystileError('KS-C144', `an operational part makes keys in ldevid-spare, not in ${slot}`);
  }
  if (slot === 'ldevid-spare')
    throw new KeystileError('KS-C144', 'ldevid-spare is for renewals of an operational part');
  if (slot === 'idevid' && keys.has('idevid')) throw new KeystileError('KS-C144', 'the IDevID key was made before');
  if (objects.has(`${slot}-chain`)) throw new KeystileError('KS-C144', `slot ${slot} has its certificate`);
}

/** Of the two places for LDevID keys, the one where the key in use does not rest. */
function sparePlace({ keys }: PartState): VaultSlot {
  return keys.get('ldevid')?.place === 'ldevid-spare' ? 'ldevid' : 'ldevid-spare';
}

/** A certificate for the key that was there before is worth nothing now. */
function withoutSpareChain({ objects }: PartState): PartState['objects'] {
  if (!objects.has('ldevid-spare-chain')) return objects;
  return new Map([...objects].filter(([name]) => name !== 'ldevid-spare-chain'));
}
