import type { OperationRules } from './operation.ts';

/** The end of the part's life. What it leaves is a key that can sign that it is over. */
export const terminate: OperationRules<'terminate'> = {
  effects: ['at-once'],
  target: 'part',
  needsNonce: true,
  signedBy: 'current',
  endsSessions: true,
  apply: (state) => ({ ...state, lifeCycle: 'terminated' }),
  describe: () => 'terminates the part: its device keys are destroyed, for ever',
};
