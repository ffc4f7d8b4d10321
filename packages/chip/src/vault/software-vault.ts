import { createECDH, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { encodeUtf8 } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { nistPrivateKey } from '@keystile/tls';
import type { VaultSlot } from '../memory/part-state.ts';
import { derive, seal, unseal } from '../memory/seal.ts';
import type { RandomSource } from '../ports.ts';
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
  readonly #random: RandomSource;

  /** `keys` is asked for each use, so that an erased fuse key is not kept alive here. Private keys are made of `random`. */
  constructor(keys: () => SoftwareVaultKeys, random: RandomSource) {
    this.#keys = keys;
    this.#random = random;
  }

  async generate(slot: VaultSlot): Promise<GeneratedKey> {
    const scalar = nistPrivateKey('P-256', this.#random);
    const pkcs8 = privateKeyInfo(scalar);
    scalar.fill(0);
    const publicKey = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }));
    const handle = seal(this.#wrappingKey(slot), encodeUtf8(slot), pkcs8);
    pkcs8.fill(0);
    return { publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })), handle };
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

/** PKCS #8 (RFC 5958) of a P-256 key: RFC 5915 inside, with the public point, which OpenSSL works out here. */
function privateKeyInfo(scalar: Uint8Array): Buffer {
  const exchange = createECDH('prime256v1');
  exchange.setPrivateKey(scalar);
  return Buffer.concat([beforeScalar, scalar, beforePoint, exchange.getPublicKey()]);
}

const beforeScalar = Buffer.from('308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420', 'hex');
const beforePoint = Buffer.from('a144034200', 'hex');
