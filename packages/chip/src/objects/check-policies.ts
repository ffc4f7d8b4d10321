import { equalPublicBytes, toHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import type { Policy } from '@keystile/link';
import { hostName, parseIpAddress, type TrustAnchor } from '@keystile/pki/path';
import { checkTlsPolicy } from '@keystile/tls';
import { tlsPolicyOf } from '../sessions/tls-policy.ts';

/** Policies that hold together: distinct names, anchors that are there, servers that can be named. Throws `KS-C143`. */
export function checkPolicies(policies: readonly Policy[], anchors: readonly TrustAnchor[]): void {
  if (policies.length === 0) throw invalid('a part without a policy can dial nobody');
  if (new Set(policies.map(({ name }) => name)).size < policies.length) throw invalid('two policies of one name');
  for (const policy of policies) checkPolicy(policy, anchors);
}

function checkPolicy(policy: Policy, anchors: readonly TrustAnchor[]): void {
  const { name, anchorDigests, serverNames, versions } = policy;
  if (name === '') throw invalid('a policy without a name');
  if (anchorDigests.length === 0) throw invalid(`'${name}' trusts no root`);
  for (const digest of anchorDigests) {
    if (anchors.some((anchor) => equalPublicBytes(anchor.digest, digest))) continue;
    throw invalid(`'${name}' trusts the root ${toHex(digest.subarray(0, 8))}…, which is not among the anchors`);
  }
  if (serverNames.length === 0) throw invalid(`'${name}' lists no server`);
  for (const serverName of serverNames) {
    if (!isServerName(serverName)) throw invalid(`'${name}' lists '${serverName}', which names no server`);
  }
  checkPurpose(policy);
  checkRevocation(policy);
  if (!versions.includes('1.3')) throw invalid(`'${name}' may allow TLS 1.2 beside TLS 1.3, not in its place`);
  checkTlsPolicy(tlsPolicyOf(policy));
}

/**
 * Recovery is what a part does for a host that it does not trust: with exact names, without its certificate, and not
 * for ever. Every other policy shows the certificate, so that none of them works without a verified boot.
 */
function checkPurpose({ name, purpose, clientKey, resumption, serverNames, bytesPerBootMax }: Policy): void {
  if (purpose !== 'recovery') {
    if (clientKey === 'none') throw invalid(`'${name}' shows no certificate, which is for recovery alone`);
    return;
  }
  if (clientKey !== 'none') throw invalid(`'${name}' is for recovery and would show a certificate`);
  if (resumption) throw invalid(`'${name}' is for recovery and would resume sessions`);
  if (bytesPerBootMax === 0) throw invalid(`'${name}' is for recovery and has no limit of bytes`);
  if (serverNames.some((each) => each.startsWith('*'))) {
    throw invalid(`'${name}' is for recovery and names its servers by a wildcard`);
  }
}

/** A resumed session shows no certificate: a server that was revoked meanwhile would go on. */
function checkRevocation({ name, revocationRule, revocationAgeHoursMax, resumption }: Policy): void {
  if (revocationRule === 'none') {
    if (revocationAgeHoursMax > 0) throw invalid(`'${name}' limits the age of what it does not ask for`);
    return;
  }
  if (revocationAgeHoursMax === 0) throw invalid(`'${name}' does not say how old a revocation status may be`);
  if (resumption) throw invalid(`'${name}' asks for the revocation status and would resume without it`);
}

/** A host name, an address, or a host name whose left-most label is a wildcard above at least two others. */
function isServerName(name: string): boolean {
  if (parseIpAddress(name) !== undefined) return true;
  if (!name.startsWith('*.')) return hostName(name) !== undefined;
  const suffix = name.slice(2);
  return suffix.includes('.') && hostName(suffix) !== undefined;
}

function invalid(detail: string): KeystileError {
  return new KeystileError('KS-C143', `policies: ${detail}`);
}
