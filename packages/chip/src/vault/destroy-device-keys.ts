import type { PartMemory } from '../memory/part-memory.ts';
import { vaultSlots } from '../memory/part-state.ts';
import type { Vault } from './vault.ts';

/**
 * After a tamper event, or at the end of the part's life: all keys but the one that can say so. Every step may be
 * repeated: one that a power cut prevented is made good at the next start.
 */
export async function destroyDeviceKeys({
  memory,
  vault,
}: {
  readonly memory: PartMemory;
  readonly vault: Vault;
}): Promise<void> {
  const { keys } = memory.state;
  const doomed = vaultSlots.filter((slot) => slot !== 'attestation').flatMap((slot) => keys.get(slot) ?? []);
  if (doomed.length === 0 && memory.isTamperLogged) return;
  for (const key of doomed) await vault.destroy(key.place, key.handle);
  memory.forgetDeviceKeys();
  memory.scrub();
}
