import type { KeySlot } from '@keystile/link';
import type { PartMemory } from '../memory/part-memory.ts';
import type { PartState } from '../memory/part-state.ts';
import type { Vault } from '../vault/vault.ts';

/**
 * Make before break: a renewed certificate waits beside the one in use until it has completed a handshake.
 *
 * Until then, connections take turns, the new one first: a server that does not accept it, or does not know its issuer
 * yet, must not cost the device more than one attempt, and the host need not decide.
 */
export class Renewal {
  #isSparesTurn = true;

  /** A certificate was installed: the next connection tries it. */
  begin(): void {
    this.#isSparesTurn = true;
  }

  /** Whose turn it is, of the keys that a policy's client key stands for. */
  slotFor({ objects }: PartState, clientKey: KeySlot): KeySlot {
    if (clientKey !== 'ldevid' || !objects.has('ldevid-spare-chain')) return clientKey;
    const isSparesTurn = this.#isSparesTurn;
    this.#isSparesTurn = !isSparesTurn;
    return isSparesTurn ? 'ldevid-spare' : 'ldevid';
  }
}

/**
 * The spare key and its certificate become the LDevID, in one write; then the old key is destroyed. `chain` is the one
 * that has completed the handshake: another may have been installed since.
 */
export async function takeOver(
  { memory, vault }: { readonly memory: PartMemory; readonly vault: Vault },
  chain: Uint8Array,
): Promise<void> {
  const { keys, objects } = memory.state;
  const spare = keys.get('ldevid-spare');
  if (spare === undefined || objects.get('ldevid-spare-chain') !== chain) return;
  const old = keys.get('ldevid');
  memory.commit((before) => ({
    ...before,
    keys: new Map([...before.keys, ['ldevid' as const, spare] as const].filter(([slot]) => slot !== 'ldevid-spare')),
    objects: new Map(
      [...before.objects, ['ldevid-chain' as const, chain] as const].filter(([name]) => name !== 'ldevid-spare-chain'),
    ),
  }));
  if (old === undefined) return;
  await vault.destroy(old.place, old.handle);
  memory.scrub();
}
