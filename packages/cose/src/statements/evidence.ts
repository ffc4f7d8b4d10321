import { CborError, type CborValue } from '../cbor.ts';
import {
  bytes,
  flag,
  record,
  recordsByName,
  type StatementField,
  statementKind,
  text,
  uint,
  word,
} from '../statement.ts';

/**
 * Evidence: what a part says of itself and of one of its TLS sessions, signed by its attestation key. It is an EAT
 * (RFC 9711): claims that are registered have their numbers, the others are from the range for private use. The
 * CDDL, and what each claim is worth, is `docs/reference/evidence.md`.
 */

/** Claims of the IANA registry "CBOR Web Token (CWT) Claims". */
const SUB = 2;
const NONCE = 10;
const UEID = 256;
const OEMBOOT = 262;
const EAT_PROFILE = 265;
const SUBMODS = 266;
const BOOTCOUNT = 267;
const SWVERSION = 271;

/** Private use: below -65536 (RFC 8392 §9.1). */
const LIFE_CYCLE = -65_537;
const TAMPERED = -65_538;
const BOOT_STATE = -65_539;
const ANCHORS_DIGEST = -65_540;
const SESSION_COUNT = -65_541;
const NVM_GENERATION = -65_542;
const TLS_SESSION = -65_543;
const DIGEST = -65_544;
const ORIGIN = -65_545;
const TAMPER_CAUSE = -65_546;

export const EVIDENCE_PROFILE = 'urn:keystile:evidence:1';
/** The MQTT 5 authentication method in which a device answers with it. */
export const EVIDENCE_METHOD = 'keystile-evidence-1';
/** Bytes of the verifier's nonce, which is also the context of the exporter. */
export const EVIDENCE_NONCE_LENGTH = 32;
/** The TLS exporter (RFC 8446 §7.5, RFC 5705) whose value binds evidence to its connection. */
export const EVIDENCE_EXPORTER: { readonly label: string; readonly length: number } = {
  label: 'EXPORTER-keystile-evidence-1',
  length: 32,
};

/** CoSWID version scheme "decimal" (RFC 9393 §4.1). */
const SCHEME_DECIMAL = 4;
/** First stage, configuration, and the later stages that a manifest may name. */
const COMPONENTS_MAX = 18;

const session = record(TLS_SESSION, {
  /** Name of the part's policy: a recovery policy shows here. */
  policy: text(1, 32),
  serverName: text(2, 253),
  protocol: word(3, ['TLSv1.3', 'TLSv1.2']),
  /** The registry's name of the cipher suite. */
  cipherSuite: text(4, 64),
  /** SHA-256 of the server's certificate, DER. */
  peerCertificateDigest: bytes(5, 32),
  exporter: bytes(6, EVIDENCE_EXPORTER.length),
  clientAuthenticated: flag(7),
  /** Whether the handshake resumed a session, which then showed the client certificate itself. */
  resumed: flag(8),
});

const about = {
  profile: word(EAT_PROFILE, [EVIDENCE_PROFILE]),
  nonce: bytes(NONCE, EVIDENCE_NONCE_LENGTH),
  /** Serial number of the part. */
  serial: text(SUB, 64),
  /** Type 0x01, then SHA-256 of the attestation key's SubjectPublicKeyInfo. */
  ueid: bytes(UEID, 33),
  tampered: flag(TAMPERED),
  /** Starts and resets in the part's whole life. */
  bootCount: uint(BOOTCOUNT),
  /** Sessions that were opened since the part got power. */
  sessionCount: uint(SESSION_COUNT),
  nvmGeneration: uint(NVM_GENERATION),
  session,
};

export const evidence = statementKind('evidence', {
  ...about,
  lifeCycle: word(LIFE_CYCLE, ['operational']),
  /** Whether what runs was measured and is signed for this model. */
  bootAuthorized: flag(OEMBOOT),
  bootState: word(BOOT_STATE, ['none', 'measuring', 'passed', 'failed']),
  /** SHA-256 of the part's anchor store. */
  anchorsDigest: bytes(ANCHORS_DIGEST, 32),
  /** What runs, by name; empty unless the boot has passed. */
  components: recordsByName(
    SUBMODS,
    {
      version: softwareVersion(SWVERSION),
      digest: bytes(DIGEST, 32),
      /** `measured`: hashed by the part as it came. `reported`: the host's word, which the part has not seen. */
      origin: word(ORIGIN, ['measured', 'reported']),
    },
    { countMax: COMPONENTS_MAX, nameMax: 64 },
  ),
});

export type Evidence = ReturnType<typeof evidence.decode>;

/** All that a tampered part still says. */
export const tamperEvidence = statementKind('tamper-evidence', {
  ...about,
  lifeCycle: word(LIFE_CYCLE, ['tampered']),
  cause: text(TAMPER_CAUSE, 32),
});

export type TamperEvidence = ReturnType<typeof tamperEvidence.decode>;

/** `[version, scheme]`, the version in decimal digits. */
function softwareVersion(key: number): StatementField<number> {
  return {
    key,
    write: (version) => [String(version), SCHEME_DECIMAL],
    read: (value: CborValue) => {
      const [version, scheme, ...rest] = Array.isArray(value) ? (value as readonly CborValue[]) : [];
      const isDecimal = typeof version === 'string' && /^(?:0|[1-9][0-9]{0,9})$/.test(version);
      if (!isDecimal || scheme !== SCHEME_DECIMAL || rest.length > 0) throw new CborError('not a decimal version');
      return Number(version);
    },
  };
}
