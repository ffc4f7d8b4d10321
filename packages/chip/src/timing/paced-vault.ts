import type { Vault } from '../vault/vault.ts';
import type { Pace } from './pace.ts';

/** The vault, and word of each key pair and signature that it makes: the one place where either is made. */
export function pacedVault(vault: Vault, pace: Pace): Vault {
  return {
    kind: vault.kind,
    generate: (slot) => {
      pace.spend('generate');
      return vault.generate(slot);
    },
    sign: (order) => {
      pace.spend('sign');
      return vault.sign(order);
    },
    destroy: (slot, handle) => vault.destroy(slot, handle),
  };
}
