import { equalPublicBytes, toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { anchorsFields, encodeField, type Policy, policiesFields } from '@keystile/link';
import { certificateDigest } from '@keystile/pki/path';
import { storedList } from '../../objects/check-object.ts';
import { withObject } from './objects.ts';
import type { OperationRules } from './operation.ts';

/**
 * Staged; or forced, with effect at once, for a root whose key is in other hands. Every policy that trusted it trusts
 * the rest of its roots; a policy that would trust none is a way to cut the part off for ever, and refused.
 */
export const removeRoot: OperationRules<'remove-root'> = {
  effects: ['staged', 'at-once'],
  target: 'part',
  needsNonce: true,
  signedBy: 'current',
  endsSessions: true,
  apply: (state, { digest }) => {
    const anchors = storedList(state, 'anchors', anchorsFields);
    const rest = anchors.filter(({ certificate }) => !equalPublicBytes(certificateDigest(certificate), digest));
    if (rest.length === anchors.length) throw new KeystileError('KS-C208', `the part holds no root ${toHex(digest)}`);
    const policies = storedList<Policy>(state, 'policies', policiesFields).map((policy) => without(policy, digest));
    const stranded = policies.find(({ anchorDigests }) => anchorDigests.length === 0);
    if (rest.length === 0 || stranded !== undefined) {
      const left = stranded === undefined ? 'the part' : `policy '${stranded.name}'`;
      throw new KeystileError(
        'KS-C209',
        `without the root ${toHex(digest.subarray(0, 8))}… ${left} would trust nobody`,
      );
    }
    const fewerPolicies = withObject(state, 'policies', encodeField(policiesFields, policies));
    return withObject(fewerPolicies, 'anchors', encodeField(anchorsFields, rest));
  },
  describe: ({ digest }) => `removes the root ${toHex(digest)}`,
};

function without(policy: Policy, digest: Uint8Array): Policy {
  return { ...policy, anchorDigests: policy.anchorDigests.filter((each) => !equalPublicBytes(each, digest)) };
}
