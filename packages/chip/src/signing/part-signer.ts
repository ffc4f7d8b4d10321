import { createPublicKey, verify } from 'node:crypto';
import { type Es256Signer, type LogHead, logHead, type StatementKind, tamperEvidence } from '@keystile/cose';
import { KeystileError } from '@keystile/errors';
import type { PartMemory } from '../memory/part-memory.ts';
import type { VaultSlot } from '../memory/part-state.ts';
import { madeOnce } from '../objects/made-once.ts';
import type { SigningPurpose, Vault } from '../vault/vault.ts';
import { derOfSignature } from './ecdsa-signature.ts';

/**
 * The part's signatures, one method a purpose. Whoever signs goes through here, and from here to the vault.
 *
 * Each signature is verified before it leaves: one that a fault has spoilt can give the key away.
 */
export class PartSigner {
  readonly #memory: PartMemory;
  readonly #vault: Vault;

  constructor(memory: PartMemory, vault: Vault) {
    this.#memory = memory;
    this.#vault = vault;
  }

  /** The signature of a certificate request over its CertificationRequestInfo; DER. */
  async certificateRequest(slot: VaultSlot, info: Uint8Array): Promise<Uint8Array> {
    return derOfSignature(await this.#sign(slot, { kind: 'csr', input: info }));
  }

  /** The signature of a CertificateVerify; DER. The engine verifies it once more under the certificate's key. */
  async certificateVerify(slot: VaultSlot, input: Uint8Array): Promise<Uint8Array> {
    return derOfSignature(await this.#sign(slot, { kind: 'tls', input }));
  }

  /**
   * A statement of the part about itself, by the attestation key. After a tamper event that key is there to say so, and
   * for nothing else. Throws `KS-C231`.
   */
  async statement<T>(kind: StatementKind<T>, value: T): Promise<Uint8Array> {
    const { contentType } = kind;
    if (this.#memory.tamperCause !== undefined && !saysTampered(contentType, value)) {
      throw new KeystileError('KS-C231', `a statement of type ${contentType} was asked for`);
    }
    const sign: Es256Signer = (input) => this.#sign('attestation', { kind: 'statement', contentType, input });
    return kind.sign(value, sign);
  }

  async #sign(slot: VaultSlot, purpose: SigningPurpose): Promise<Uint8Array> {
    const key = this.#memory.state.keys.get(slot);
    if (key === undefined) throw new KeystileError('KS-C146', `slot ${slot} holds no key`);
    const signature = await this.#vault.sign({ slot: key.place, handle: key.handle, purpose });
    if (!verify('sha256', purpose.input, { key: keyObjectOf(key.publicKey), dsaEncoding: 'ieee-p1363' }, signature)) {
      throw new KeystileError('KS-C100', `the vault's signature for slot ${slot} does not verify`);
    }
    return signature;
  }
}

/** Its import costs as much as the verification. */
const keyObjectOf = madeOnce((spki: Uint8Array) =>
  createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }),
);

/** The report of the event, and the end of the log where it states the life cycle that the event has made. */
function saysTampered(contentType: string, value: unknown): boolean {
  if (contentType === tamperEvidence.contentType) return true;
  return contentType === logHead.contentType && (value as LogHead).lifeCycle === 'tampered';
}
