import { bytes, listOf, statementKind, text, uint, word } from '../statement.ts';

/**
 * What a part says of the administrator's last command, signed by its attestation key. The same state gives the same
 * payload, so that a receipt can be over it.
 */
export const administrationResponse = statementKind('administration-response', {
  serial: text(1, 64),
  lifeCycle: word(2, ['operational', 'terminated']),
  /** SHA-256 over the administrator's command, as it was signed. */
  commandDigest: bytes(3, 32),
  sequence: uint(4),
  outcome: word(5, ['staged', 'proved', 'committed', 'rolled-back']),
  /** SHA-256 over each object as it is now. */
  anchorsDigest: bytes(6, 32),
  policiesDigest: bytes(7, 32),
  administratorKeysDigest: bytes(8, 32),
  /** The handshake that proved it; none before. */
  proof: listOf(
    9,
    {
      serverName: text(1, 253),
      /** SHA-256 of the root at which the server's path ended. */
      anchorDigest: bytes(2, 32),
      /** SHA-256 of the server's certificate. */
      peerCertificateDigest: bytes(3, 32),
    },
    1,
  ),
});

export type AdministrationResponse = ReturnType<typeof administrationResponse.decode>;
