import { bytes, listOf, statementKind, text, word } from '../statement.ts';

/** What a blank part says of itself to a factory line, signed by its attestation key. */
export const provisionEvidence = statementKind('provision-evidence', {
  serial: text(1, 64),
  model: text(2, 64),
  lineNonce: bytes(3, 32),
  lifeCycle: word(4, ['blank', 'provisioned']),
  keys: listOf(
    5,
    {
      slot: word(1, ['idevid', 'ldevid']),
      purpose: word(2, ['tls-client']),
      origin: word(3, ['generated-inside']),
      /** SHA-256 of the SubjectPublicKeyInfo. */
      publicKeyDigest: bytes(4, 32),
    },
    4,
  ),
});

export type ProvisionEvidence = ReturnType<typeof provisionEvidence.decode>;
