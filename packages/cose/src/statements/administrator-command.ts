import { bytes, statementKind, text, texts, uint, variantsOf, word, wordsOf } from '../statement.ts';

/** One DER certificate. */
const CERTIFICATE_MAX = 4096;
/** The object `policies`, all of them with all their names. */
const POLICIES_MAX = 12_288;
const PUBLIC_KEY_MAX = 256;
const DAY_S = 86_400;

/** What an administrator may have a part do. */
const operations = {
  'add-root': {
    /** DER. */
    certificate: bytes(1, 1, CERTIFICATE_MAX),
    purposes: wordsOf(2, ['server', 'client-issuer']),
    /** Policies, by name, that trust servers under it. */
    policies: texts(3, 8, 32),
  },
  /** Staged or, with effect at once, forced: for a root whose key is in other hands. */
  'remove-root': {
    /** SHA-256 of the certificate. */
    digest: bytes(1, 32),
  },
  'replace-policies': {
    /** The whole object `policies`, as the link protocol lays it out. */
    policies: bytes(1, 1, POLICIES_MAX),
  },
  'replace-host-pairing-key': {
    /** SubjectPublicKeyInfo of an X25519 key, DER. */
    publicKey: bytes(1, 1, PUBLIC_KEY_MAX),
  },
  /** The end of the part's life: its device keys are destroyed. */
  terminate: {},
  'raise-time-floor': {
    /** Milliseconds since 1970, UTC; it may lie further ahead than a time token may. */
    utcMs: uint(1),
  },
  /** Signed by the key that it reveals, to which the part was committed before. */
  'change-administrator-key': {
    /** SubjectPublicKeyInfo, DER. */
    publicKey: bytes(1, 1, PUBLIC_KEY_MAX),
    /** SHA-256 of the SubjectPublicKeyInfo of its successor. */
    nextDigest: bytes(2, 32),
  },
} as const;

/**
 * The remote administrator's command to a part, signed by the administrator's key; the key id is the SHA-256 of its
 * SubjectPublicKeyInfo.
 */
export const administratorCommand = statementKind('administrator-command', {
  /** `staged`: it takes effect once the part has proved that it still reaches a server, and the authority has said so. */
  effect: word(1, ['at-once', 'staged']),
  targetKind: word(2, ['part', 'group']),
  /** A serial number; or `<fleet>`, or `<fleet>/<model>`. */
  target: text(3, 129),
  /** Above the last that the part accepted of this key, by at most 64. */
  sequence: uint(4),
  /** Milliseconds since 1970, UTC. */
  expiresAtMs: uint(5),
  /** Of ADMIN_CHALLENGE; empty where none is needed. */
  nonce: bytes(6, 0, 16),
  /** SHA-256 over the object `anchors` as the administrator knows it. */
  anchorsDigest: bytes(7, 32),
  operations: variantsOf(8, operations, 8),
  /** Servers, by name or address, a handshake with which proves a staged change. Empty at once. */
  proofServerNames: texts(9, 8, 253),
  /** After this many powered seconds, or so many resets, a staged change is rolled back. 0 at once. */
  windowPoweredS: uint(10, 90 * DAY_S),
  windowResets: uint(11, 10_000),
});

export type AdministratorCommand = ReturnType<typeof administratorCommand.decode>;
export type AdministratorOperation = AdministratorCommand['operations'][number];
