import { bytes, statementKind, text } from '../statement.ts';

/** What a part says in a provisioning session of the host that it is being paired with, signed by its attestation key. */
export const pairingEvidence = statementKind('pairing-evidence', {
  serial: text(1, 64),
  lineNonce: bytes(2, 32),
  /** SHA-256 of the X25519 public keys, of 32 bytes each. */
  hostKeyDigest: bytes(3, 32),
  partKeyDigest: bytes(4, 32),
  /** SHA-256 over all four public keys of the exchange. */
  transcript: bytes(5, 32),
});

export type PairingEvidence = ReturnType<typeof pairingEvidence.decode>;
