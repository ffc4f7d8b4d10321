import type { CommandName } from '@keystile/link';

/**
 * Which commands write to the memory, and how often a host may make them: a memory wears out, and a hostile host must do
 * no lasting harm. **A command without a row here may not write**; it is refused (`KS-C188`) when it does.
 *
 * Time is powered time, since the part knows no other. After power on a budget holds `atStart` writes, as many as the
 * start itself is worth, so that a host that switches the power gains nothing; then it grows by `perHour` up to whichever
 * of the two is more. What the factory needs is ample: its commands end with the lock.
 */
export interface WriteBudget {
  readonly atStart: number;
  readonly perHour: number;
  /** What happens when it is spent: the command is refused, or it is carried out and does not write. */
  readonly whenSpent: 'refuse' | 'go on';
}

const factory: WriteBudget = { atStart: 64, perHour: 64, whenSpent: 'refuse' };

export const writeBudgets: Readonly<Partial<Record<CommandName, WriteBudget>>> = {
  makerBegin: factory,
  makerFinish: factory,
  provisionWrite: factory,
  provisionLock: factory,
  /** It stores the key of the host in the factory; a start of the channel in the field writes nothing. */
  pairFinish: { atStart: 4, perHour: 4, whenSpent: 'refuse' },
  generate: { atStart: 16, perHour: 16, whenSpent: 'refuse' },
  /** A device asks for a token at its start and then every hour. */
  timeToken: { atStart: 6, perHour: 12, whenSpent: 'refuse' },
  /** Once an update. */
  bootCommit: { atStart: 4, perHour: 4, whenSpent: 'refuse' },
  /** A server's certificate may raise the time floor; traffic never stops for want of a write. */
  tlsPush: { atStart: 4, perHour: 4, whenSpent: 'go on' },
};
