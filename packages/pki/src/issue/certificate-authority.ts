import type { KeyObject } from 'node:crypto';

/**
 * A CA that can issue: its certificate and its key. The key is a `KeyObject` here; a token's key will be a signer in its
 * place, which the library below takes as well.
 */
export interface CertificateAuthority {
  /** DER. */
  readonly der: Uint8Array;
  readonly pem: string;
  /** P-256, private. */
  readonly key: KeyObject;
}

export interface IssuedCertificate {
  /** DER, leaf first, without the root. */
  readonly chain: readonly [Uint8Array, ...Uint8Array[]];
  /** The same chain. */
  readonly pem: string;
  /** Hexadecimal. */
  readonly serialNumber: string;
  readonly expiresAt: Date;
}

/** Milliseconds since 1970; certificates carry whole seconds. */
export interface Validity {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The two attributes that the system's names have. */
export interface SubjectName {
  readonly organization: string;
  readonly commonName: string;
}
