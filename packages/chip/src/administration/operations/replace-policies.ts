import { decodeField, type Policy, policiesFields } from '@keystile/link';
import { withObject } from './objects.ts';
import type { OperationRules } from './operation.ts';

/** All of them at once: which policies hold together can only be said of the whole. */
export const replacePolicies: OperationRules<'replace-policies'> = {
  effects: ['staged', 'at-once'],
  target: 'part',
  needsNonce: true,
  signedBy: 'current',
  endsSessions: true,
  apply: (state, { policies }) => withObject(state, 'policies', policies),
  describe: ({ policies }) => {
    const named = decodeField(policiesFields, policies).map(({ name, serverNames }: Policy) => {
      return `${name} (${serverNames.join(', ')})`;
    });
    return `replaces the policies by ${named.join(', ')}`;
  },
};
