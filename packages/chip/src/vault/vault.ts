import type { VaultSlot } from '../memory/part-state.ts';

/**
 * Where long-lived keys rest and the only place that signs. A `software` vault wraps them for the memory; a TPM or a
 * PKCS#11 token holds them itself, which takes milliseconds: every method is asynchronous.
 *
 * There is no method that signs a digest, and none that gives a private key.
 */
export interface Vault {
  /** `software`, `tpm2` or `pkcs11`: what INFO says. */
  readonly kind: string;
  /** Makes a P-256 key pair for a slot. */
  generate(slot: VaultSlot): Promise<GeneratedKey>;
  /** ECDSA P-256 with SHA-256; 64 bytes r ‖ s. */
  sign(order: SigningOrder): Promise<Uint8Array>;
  /** Destroys a private key that the vault itself holds; a handle that it does not know is no error. */
  destroy(slot: VaultSlot, handle: Uint8Array): Promise<void>;
  /** What only some vaults can do; absent where it cannot. */
  readonly counter?: VaultCounter;
  readonly seal?: VaultSeal;
  readonly attest?: VaultAttestation;
}

/** A counter that no copy of a file puts back. */
export interface VaultCounter {
  value(): Promise<number>;
  /** One more, and lasting when it is told. */
  advance(): Promise<number>;
}

/** Encryption for what rests, under a key that does not leave the vault. */
export interface VaultSeal {
  seal(context: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array>;
  /** Undefined when anything is not as it was sealed: vault, context or one bit. */
  unseal(context: Uint8Array, sealed: Uint8Array): Promise<Uint8Array | undefined>;
}

/** The vault's own signed word about itself and the machine that it is in, such as the quote of a TPM. */
export interface VaultAttestation {
  attest(nonce: Uint8Array): Promise<Uint8Array>;
}

export interface GeneratedKey {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** The vault's own word for the private half; the memory keeps it. */
  readonly handle: Uint8Array;
}

/** What is to be signed and why. Each purpose has a form of its own, so that no signature serves another. */
export type SigningPurpose =
  /** `input` is a CertificationRequestInfo that the part composed, RFC 2986 §4. */
  | { readonly kind: 'csr'; readonly input: Uint8Array }
  /** `input` is the content of a CertificateVerify, RFC 8446 §4.4.3, of a session of the part. */
  | { readonly kind: 'tls'; readonly input: Uint8Array }
  /** `input` is a COSE Sig_structure, RFC 9052 §4.4, that states this content type. */
  | { readonly kind: 'statement'; readonly contentType: string; readonly input: Uint8Array };

export interface SigningOrder {
  readonly slot: VaultSlot;
  readonly handle: Uint8Array;
  readonly purpose: SigningPurpose;
}
