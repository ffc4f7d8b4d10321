import { bytes, listOf, statementKind, text } from '../statement.ts';

/** Parts of one lot; larger lots have several manifests. */
const ENTRIES_MAX = 256;

/** What a factory line has made, signed by the line. */
export const lotManifest = statementKind('lot-manifest', {
  lot: text(1, 64),
  entries: listOf(
    2,
    {
      serial: text(1, 64),
      identity: text(2, 200),
      /** SHA-256 of the IDevID certificate. */
      certificateDigest: bytes(3, 32),
      /** SHA-256 of the part's lock evidence. */
      lockEvidenceDigest: bytes(4, 32),
      /** SHA-256 of the X25519 public keys that are paired; both empty for a part that was paired with nobody. */
      hostPairingKeyDigest: bytes(5, 0, 32),
      partPairingKeyDigest: bytes(6, 0, 32),
    },
    ENTRIES_MAX,
  ),
});

export type LotManifest = ReturnType<typeof lotManifest.decode>;
