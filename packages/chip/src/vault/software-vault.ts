import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { encodeUtf8 } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import type { VaultSlot } from '../memory/part-state.ts';
import { derive, seal, unseal } from '../memory/seal.ts';
import type { GeneratedKey, SigningOrder, Vault } from './vault.ts';

/**
 * The vault of parts without one: private keys are sealed for the memory and opened for the length of one signature.
 *
 * The device keys are wrapped by a fuse key that a tamper event overwrites: every copy of what it wrapped, in an older
 * generation or a backup, is then as good as gone. The attestation key is wrapped by a key that survives, to say so.
 * This is separation of processes, not of silicon: whoever reads both the memory and the fuse file has the keys.
 */
export interface SoftwareVaultKeys {
  readonly memoryKey: Uint8Array;
  readonly wrappingKey: Uint8Array;
}

export class SoftwareVault implements Vault {
  readonly kind = 'software';
  readonly #keys: () => SoftwareVaultKeys;

  /** `keys` is asked for each use, so that an erased fuse key is not kept alive here. */
  constructor(keys: () => SoftwareVaultKeys) {
    this.#keys = keys;
  }

  async generate(slot: VaultSlot): Promise<GeneratedKey> {
    const pair = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    });
    const handle = seal(this.#wrappingKey(slot), encodeUtf8(slot), pair.privateKey);
    pair.privateKey.fill(0);
    return { publicKey: new Uint8Array(pair.publicKey), handle };
  }

  async sign({ slot, handle, purpose }: SigningOrder): Promise<Uint8Array> {
    const pkcs8 = unseal(this.#wrappingKey(slot), encodeUtf8(slot), handle);
    if (pkcs8 === undefined) throw new KeystileError('KS-C100', `the key in slot ${slot} does not open`);
    const der = Buffer.from(pkcs8.buffer, pkcs8.byteOffset, pkcs8.length);
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    pkcs8.fill(0);
    return new Uint8Array(sign('sha256', purpose.input, { key, dsaEncoding: 'ieee-p1363' }));
  }

  /** The handle is the key: forgetting it, and at a tamper event the fuse key, is all there is to destroy. */
  async destroy(): Promise<void> {}

  #wrappingKey(slot: VaultSlot): Uint8Array {
    const { memoryKey, wrappingKey } = this.#keys();
    return derive(slot === 'attestation' ? memoryKey : wrappingKey, 'vault', encodeUtf8(slot));
  }
}
