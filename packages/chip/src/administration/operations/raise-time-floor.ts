import { KeystileError } from '@keystile/errors';
import { iso } from '../../time/part-time.ts';
import type { OperationRules } from './operation.ts';

/** For a part that lay longer than a time token may bridge. */
export const raiseTimeFloor: OperationRules<'raise-time-floor'> = {
  effects: ['at-once'],
  target: 'part',
  needsNonce: false,
  signedBy: 'current',
  endsSessions: false,
  apply: (state, { utcMs }, { nowMs }) => {
    if (utcMs <= nowMs) {
      throw new KeystileError('KS-C216', `the command states ${iso(utcMs)}, the part's time is ${iso(nowMs)} already`);
    }
    return { ...state, timeFloorMs: utcMs, lastTokenMs: Math.max(utcMs, state.lastTokenMs) };
  },
  describe: ({ utcMs }) => `raises the time floor to ${iso(utcMs)}`,
};
