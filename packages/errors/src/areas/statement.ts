import type { ErrorEntry } from '../entry.ts';

/** Refusals of signed statements (COSE_Sign1). */
export const statementErrors = {
  'KS-S100': {
    fault: 'peer-misbehaved',
    title: 'statement is malformed',
    cause: 'A signed statement is not canonical CBOR, is not a COSE_Sign1 or is larger than its limit.',
    fix: 'Make the statement again with the same version of keystile.',
  },
  'KS-S101': {
    fault: 'peer-misbehaved',
    title: 'statement has another purpose',
    cause: 'A signed statement of one content type was presented where another belongs.',
    fix: 'Present the statement that was made for this purpose; one kind can never stand in for another.',
  },
  'KS-S102': {
    fault: 'peer-misbehaved',
    title: 'signature of a statement does not verify',
    cause: 'The statement was changed after it was signed, or was signed by another key.',
    fix: 'Sign the statement with the key whose public half the verifier holds.',
  },
  'KS-S103': {
    fault: 'peer-incompatible',
    title: 'statement has an unexpected content',
    cause: 'A signed statement lacks a field, has an unknown one, or a value is outside its limits.',
    fix: 'Make the statement again with a version of keystile that the verifier knows.',
  },
} as const satisfies Record<string, ErrorEntry>;
