import { equalPublicBytes, toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { anchorsFields, encodeField, type Policy, policiesFields } from '@keystile/link';
import { certificateDigest } from '@keystile/pki/path';
import type { PartState } from '../../memory/part-state.ts';
import { storedList } from '../../objects/check-object.ts';
import { withObject } from './objects.ts';
import type { OperationRules } from './operation.ts';

/** Always staged: a root that no server of the fleet stands under must not stay. */
export const addRoot: OperationRules<'add-root'> = {
  effects: ['staged'],
  target: 'part-or-group',
  needsNonce: false,
  signedBy: 'current',
  endsSessions: false,
  apply: (state, { certificate, purposes, policies }) => {
    const anchors = [...storedList(state, 'anchors', anchorsFields), { purposes, certificate }];
    const withAnchor = withObject(state, 'anchors', encodeAnchors(anchors));
    return trustIn(withAnchor, certificateDigest(certificate), policies);
  },
  describe: ({ certificate, purposes, policies }) =>
    `adds the root ${toHex(certificateDigest(certificate))} for ${purposes.join(' and ')}, trusted by ${policies.join(', ') || 'no policy'}`,
};

function encodeAnchors(anchors: Parameters<typeof anchorsFields.write>[1]): Uint8Array {
  if (anchors.length > ANCHORS_MAX) throw new KeystileError('KS-C208', `the part holds ${ANCHORS_MAX} roots already`);
  return encodeField(anchorsFields, anchors);
}

/** As the object's layout says. */
const ANCHORS_MAX = 8;

function trustIn(state: PartState, digest: Uint8Array, names: readonly string[]): PartState {
  if (names.length === 0) return state;
  const policies = storedList<Policy>(state, 'policies', policiesFields);
  const unknown = names.find((name) => policies.every((policy) => policy.name !== name));
  if (unknown !== undefined) throw new KeystileError('KS-C208', `the part holds no policy '${unknown}'`);
  const changed = policies.map((policy) => (names.includes(policy.name) ? trusting(policy, digest) : policy));
  return withObject(state, 'policies', encodeField(policiesFields, changed));
}

function trusting(policy: Policy, digest: Uint8Array): Policy {
  if (policy.anchorDigests.some((each) => equalPublicBytes(each, digest))) return policy;
  return { ...policy, anchorDigests: [...policy.anchorDigests, digest] };
}
