import type { CommandName } from '@keystile/link';

/** What a command that the access rules keep out is refused with. */
export const accessCodes: readonly string[] = [
  'KS-C110',
  'KS-C111',
  'KS-C112',
  'KS-C113',
  'KS-C114',
  'KS-C115',
  'KS-C170',
];

const factory = ['blank', 'blank, line', 'provisioned', 'provisioned, line'] as const;
const strangers = ['armed, before a stranger', 'passed, before a stranger', 'tampered, before a stranger'] as const;
const armed = ['armed', 'armed, paired with nobody'] as const;
const field = [...armed, 'unarmed', 'measuring', 'passed', 'failed'] as const;
const tampered = ['tampered in the field', 'tampered in the factory', 'tampered before it was made'] as const;
export const fieldOrTampered = [...field, ...tampered] as const;
const host = ['unmade', ...factory, ...fieldOrTampered, 'terminated'] as const;
const everywhere = [...host, ...strangers] as const;

/** Where a part may be in its life, as its host or a stranger on the bus finds it. */
export type SituationName = (typeof everywhere)[number];

/** By hand, and on purpose not made from the rules: where each command gets in, with the requests of `access-rules.test.ts`. */
export const opensIn: Readonly<Record<CommandName, readonly SituationName[]>> = {
  info: everywhere,
  status: everywhere,
  selfTest: host,
  reset: host,
  random: host,
  list: [...factory, ...fieldOrTampered, 'terminated'],
  read: [...factory, ...fieldOrTampered, 'terminated'],
  makerBegin: ['unmade'],
  makerFinish: ['unmade'],
  provisionBegin: factory,
  provisionWrite: ['blank, line', 'provisioned, line'],
  provisionLock: ['blank, line', 'provisioned, line'],
  generate: [...factory, 'passed'],
  csr: [...factory, 'passed'],
  bootBegin: armed,
  bootUpdate: ['measuring'],
  bootVerify: ['measuring'],
  // It gets in, and is refused for what it has not proved (KS-C122).
  bootCommit: ['passed'],
  timeChallenge: [...factory, ...field],
  timeToken: field,
  tlsOpen: ['passed', 'tampered before it was made'],
  tlsPush: fieldOrTampered,
  tlsPull: fieldOrTampered,
  tlsRead: fieldOrTampered,
  tlsWrite: fieldOrTampered,
  tlsStatus: fieldOrTampered,
  tlsKeyUpdate: fieldOrTampered,
  tlsClose: fieldOrTampered,
  traceRead: fieldOrTampered,
  tlsRevocation: fieldOrTampered,
  // They get in, and are refused for whom they come from (KS-C171, KS-C172) and for what has not begun (KS-C174).
  pairBegin: [...factory, ...strangers, ...fieldOrTampered, 'terminated'],
  pairFinish: [...factory, ...strangers, ...fieldOrTampered, 'terminated'],
  logRead: [...factory, ...fieldOrTampered, 'terminated'],
  certInstall: ['passed'],
  adminChallenge: field,
  adminExecute: field,
  dryRun: field,
  adminReceipt: field,
  proofOpen: ['passed'],
  adminStatus: [...field, 'terminated'],
  // It gets in, and is refused for the session that it has not (KS-C163).
  evidence: ['passed', 'tampered in the field', 'tampered in the factory', 'tampered before it was made'],
};
