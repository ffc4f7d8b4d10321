import { BytesError } from '@keystile/bytes';
import { type ErrorCode, KeystileError } from '@keystile/errors';
import type { Refusal, StatusName } from '@keystile/link';

type RefusalStatus = Exclude<StatusName, 'ok'>;
type ChipCode = Extract<ErrorCode, `KS-C${string}`>;

/** The one table from error to status: nobody chooses a status where the error is raised. */
const statusOfChipError: Readonly<Record<ChipCode, RefusalStatus>> = {
  'KS-C100': 'internal',
  'KS-C101': 'unknown-command',
  'KS-C102': 'malformed',
  'KS-C110': 'life-cycle',
  'KS-C111': 'role',
  'KS-C112': 'boot',
  'KS-C113': 'tamper',
  'KS-C114': 'boot',
  'KS-C115': 'boot',
  'KS-C116': 'limit',
  'KS-C117': 'verification',
  'KS-C118': 'verification',
  'KS-C119': 'version',
  'KS-C120': 'verification',
  'KS-C121': 'verification',
  'KS-C122': 'boot',
  'KS-C130': 'storage',
  'KS-C131': 'storage',
  'KS-C132': 'storage',
  'KS-C133': 'storage',
  'KS-C134': 'storage',
  'KS-C135': 'storage',
  'KS-C136': 'storage',
  'KS-C137': 'storage',
  'KS-C138': 'internal',
  'KS-C140': 'object',
  'KS-C141': 'purpose',
  'KS-C142': 'object',
  'KS-C143': 'object',
  'KS-C144': 'purpose',
  'KS-C145': 'verification',
  'KS-C146': 'object',
  'KS-C147': 'object',
  'KS-C148': 'verification',
  'KS-C149': 'life-cycle',
  'KS-C150': 'time',
  'KS-C151': 'time',
  'KS-C152': 'time',
  'KS-C153': 'time',
  'KS-C154': 'verification',
  'KS-C155': 'time',
  'KS-C160': 'name',
  'KS-C161': 'name',
  'KS-C162': 'limit',
  'KS-C163': 'no-session',
  'KS-C164': 'limit',
  'KS-C165': 'limit',
  'KS-C166': 'no-session',
  'KS-C167': 'limit',
  'KS-C168': 'limit',
  'KS-C169': 'limit',
  'KS-C180': 'purpose',
  'KS-C181': 'verification',
  'KS-C170': 'pairing',
  'KS-C171': 'pairing',
  'KS-C172': 'pairing',
  'KS-C173': 'pairing',
  'KS-C174': 'pairing',
  'KS-C185': 'throttle',
  'KS-C186': 'internal',
  'KS-C187': 'internal',
  'KS-C188': 'internal',
  'KS-C189': 'verification',
  'KS-C200': 'verification',
  'KS-C201': 'role',
  'KS-C202': 'verification',
  'KS-C203': 'verification',
  'KS-C204': 'time',
  'KS-C205': 'object',
  'KS-C206': 'verification',
  'KS-C207': 'purpose',
  'KS-C208': 'object',
  'KS-C209': 'object',
  'KS-C210': 'role',
  'KS-C211': 'object',
  'KS-C212': 'name',
  'KS-C213': 'verification',
  'KS-C214': 'verification',
  'KS-C215': 'purpose',
  'KS-C216': 'time',
  'KS-C220': 'purpose',
  'KS-C221': 'verification',
  'KS-C230': 'purpose',
  'KS-C231': 'tamper',
  'KS-C240': 'storage',
};

/** What the engines below may throw through a command. */
const statusOfOtherError: Readonly<Partial<Record<ErrorCode, RefusalStatus>>> = {
  'KS-L116': 'pairing',
  'KS-T130': 'no-session',
  'KS-T131': 'malformed',
  'KS-T133': 'limit',
  'KS-T163': 'version',
};

/** Anything that a command threw, as what the host is told. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof KeystileError) return { status: statusOf(error.code), code: error.code, detail: error.detail };
  if (error instanceof BytesError) return { status: 'malformed', code: 'KS-C102', detail: error.message };
  // The message of an unforeseen error may hold anything, so it stays inside.
  return { status: 'internal', code: 'KS-C100', detail: 'the command failed for a reason that is not foreseen' };
}

function statusOf(code: ErrorCode): RefusalStatus {
  if (isChipCode(code)) return statusOfChipError[code];
  return statusOfOtherError[code] ?? 'internal';
}

function isChipCode(code: ErrorCode): code is ChipCode {
  return Object.hasOwn(statusOfChipError, code);
}
