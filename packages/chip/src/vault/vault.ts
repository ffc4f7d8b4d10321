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
