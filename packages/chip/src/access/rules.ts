import type { BootState, CommandName, LifeCycle } from '@keystile/link';

/**
 * Who may do what, when: one row a command, checked in one place for every command. The protocol reference is made
 * from this table.
 */
export interface AccessRule {
  /** States in which the command is carried out. `tampered` stands only where a tampered part must still answer. */
  readonly lifeCycle: readonly LifeCycle[];
  /** `line`: within a provisioning session. */
  readonly role: 'anyone' | 'line';
  readonly boot: BootCondition;
  readonly pairing?: PairingCondition;
  /** Answered even when a self-test has failed; false when absent. */
  readonly inErrorState?: true;
}

/**
 * Where a row says nothing, the command needs the channel once provisioning is locked: the request must have come
 * sealed by the host whose key the part holds. A part that was locked without such a key has nobody to demand it of;
 * the factory line of the product makes none, and a bench that measures without a channel does.
 */
export type PairingCondition =
  /** Carried out for whoever is on the bus, sealed or in clear. */
  'free';

export type BootCondition =
  | 'any'
  /** The reset line was asserted and nothing has run since that could measure itself as something else. */
  | 'armed'
  | 'measuring'
  | 'passed'
  /** Passed if the request uses a key of the device; the command says whether it does. */
  | 'passed-for-device-key'
  /** Passed once the part is locked; before, the factory works without boot images. */
  | 'passed-when-operational';

const always: readonly LifeCycle[] = ['unmade', 'blank', 'provisioned', 'operational', 'tampered', 'terminated'];
const made: readonly LifeCycle[] = ['blank', 'provisioned', 'operational', 'tampered'];
const inFactory: readonly LifeCycle[] = ['blank', 'provisioned'];
const inField: readonly LifeCycle[] = ['operational'];
/** A tampered part may still carry a session that shows no key of its own: to report, and to fetch a verdict. */
const inFieldOrTampered: readonly LifeCycle[] = ['operational', 'tampered'];

const free: AccessRule = { lifeCycle: always, role: 'anyone', boot: 'any' };
/** What still answers when a self-test has failed. */
const vital: AccessRule = { ...free, inErrorState: true };
/** What a host may ask, and a channel come of, before there is one. */
const inClear: AccessRule = { ...vital, pairing: 'free' };
const session: AccessRule = { lifeCycle: inFieldOrTampered, role: 'anyone', boot: 'any' };

export const accessRules: Readonly<Record<CommandName, AccessRule>> = {
  info: inClear,
  status: inClear,
  selfTest: vital,
  reset: free,
  random: free,
  list: { lifeCycle: made, role: 'anyone', boot: 'any' },
  read: { lifeCycle: made, role: 'anyone', boot: 'any' },
  makerBegin: { lifeCycle: ['unmade'], role: 'anyone', boot: 'any' },
  makerFinish: { lifeCycle: ['unmade'], role: 'anyone', boot: 'any' },
  provisionBegin: { lifeCycle: inFactory, role: 'anyone', boot: 'any' },
  provisionWrite: { lifeCycle: inFactory, role: 'line', boot: 'any' },
  provisionLock: { lifeCycle: inFactory, role: 'line', boot: 'any' },
  generate: { lifeCycle: inFactory, role: 'anyone', boot: 'any' },
  csr: { lifeCycle: ['blank', 'provisioned', 'operational'], role: 'anyone', boot: 'passed-when-operational' },
  bootBegin: { lifeCycle: inField, role: 'anyone', boot: 'armed' },
  bootUpdate: { lifeCycle: inField, role: 'anyone', boot: 'measuring' },
  bootVerify: { lifeCycle: inField, role: 'anyone', boot: 'measuring' },
  bootCommit: { lifeCycle: inField, role: 'anyone', boot: 'passed' },
  timeChallenge: { lifeCycle: ['blank', 'provisioned', 'operational'], role: 'anyone', boot: 'any' },
  timeToken: { lifeCycle: inField, role: 'anyone', boot: 'any' },
  tlsOpen: { lifeCycle: inFieldOrTampered, role: 'anyone', boot: 'passed-for-device-key' },
  tlsPush: session,
  tlsPull: session,
  tlsRead: session,
  tlsWrite: session,
  tlsStatus: session,
  tlsKeyUpdate: session,
  tlsClose: session,
  traceRead: session,
  tlsRevocation: session,
  // In the factory PAIR_BEGIN itself demands the session of a line, unless the host was paired before.
  pairBegin: { lifeCycle: made, role: 'anyone', boot: 'any', pairing: 'free' },
  pairFinish: { lifeCycle: made, role: 'anyone', boot: 'any', pairing: 'free' },
  logRead: { lifeCycle: made, role: 'anyone', boot: 'any' },
};

/** What the rules are checked against. */
export interface AccessFacts {
  readonly lifeCycle: LifeCycle;
  readonly isTampered: boolean;
  readonly hasProvisioningSession: boolean;
  readonly bootState: BootState;
  readonly isBootArmed: boolean;
  /** The request would use a key that a tamper event destroys. */
  readonly usesDeviceKey: boolean;
  /** The part holds the pairing key of a host. */
  readonly hasHostKey: boolean;
  /** The request came sealed by a channel of that host. */
  readonly isFromHost: boolean;
}
