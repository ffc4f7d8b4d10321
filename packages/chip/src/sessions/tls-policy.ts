import type { Policy } from '@keystile/link';
import { checkTlsPolicy, defaultTlsPolicy, type TlsPolicy } from '@keystile/tls';
import { madeOnce } from '../objects/made-once.ts';

/**
 * A stored policy in the engine's terms. What the policy does not say keeps the engine's default; what it says is
 * never widened. A policy with a client key demands that the server asks for it: a broker that lets anybody in is not
 * the one the device was made for.
 */
export const tlsPolicyOf: (policy: Policy) => TlsPolicy = madeOnce((policy) =>
  checkTlsPolicy({
    ...defaultTlsPolicy,
    versions: policy.versions,
    suites: policy.cipherSuites,
    groups: policy.groups,
    keyShares: policy.groups.slice(0, 1),
    alpn: policy.alpn,
    alpnRequired: policy.alpnRequired,
    clientAuthentication: policy.clientKey === 'none' ? 'never' : 'required',
    requestOcsp: policy.revocationRule.startsWith('ocsp-staple-'),
  }),
);
