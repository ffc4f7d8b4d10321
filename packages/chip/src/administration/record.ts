import {
  bytes16,
  choice,
  type Field,
  fixed,
  list,
  optional,
  record,
  text,
  u32,
  u64,
  type ValueOf,
} from '@keystile/link';

/** What the memory holds of the remote administrator's work. */

const COMMAND_MAX = 16_384;
/** One an administrator. */
const SEQUENCES_MAX = 8;
const SERVER_NAME_MAX = 253;

/** What has become of the last command. A staged change before it is no more: the later command took its place. */
const outcomes = ['staged', 'proved', 'committed', 'rolled-back'] as const;

const proofFields = record({
  serverName: text(SERVER_NAME_MAX),
  /** SHA-256 of the root at which the server's path ended, and of the server's certificate. */
  anchorDigest: fixed(32),
  peerCertificateDigest: fixed(32),
});

export type Proof = ValueOf<typeof proofFields>;

const stagedFields = record({
  /** The signed command: it was verified before it came here, and the memory is sealed. */
  command: bytes16(COMMAND_MAX),
  /** Its window: powered seconds, and starts and resets. */
  windowPoweredS: u32,
  windowResets: u32,
  /** Powered seconds of the window that are over. */
  usedS: u32,
  /** The part's count of starts and resets when it was staged. */
  bootCount: u32,
});

export type StagedChange = ValueOf<typeof stagedFields>;

const recordFields = record({
  /** The last accepted sequence number of each key that has commanded, named by its digest. */
  sequences: list(record({ keyDigest: fixed(32), last: u64 }), SEQUENCES_MAX),
  last: optional(
    record({ commandDigest: fixed(32), sequence: u64, outcome: choice(outcomes), proof: optional(proofFields) }),
  ),
  /** Present while the last command is staged or proved. */
  staged: optional(stagedFields),
});

export type AdministrationRecord = ValueOf<typeof recordFields>;
export type LastCommand = NonNullable<AdministrationRecord['last']>;

export const noAdministration: AdministrationRecord = { sequences: [], last: undefined, staged: undefined };

/** What a decoder gives shares memory with the opened snapshot, which is nobody else's: nothing is copied. */
export const administrationRecordFields: Field<AdministrationRecord> = recordFields;
