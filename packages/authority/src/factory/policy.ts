import type { Policy } from '@keystile/link';
import { sha256 } from '../state/signer.ts';

/** Whom a policy of the product is made for: the fleet's root, DER, and the names of its servers. */
export interface PolicyScope {
  readonly root: Uint8Array;
  readonly serverNames: readonly string[];
}

/** A CA of the fleet issues its lists anew well within this. */
const REVOCATION_AGE_HOURS_MAX = 7 * 24;
/** Four times the largest images that a part can measure: a report, a repair, and a second try. */
const RECOVERY_BYTES_MAX = 1_048_576;

/**
 * The policy `fleet` of the product: whom a part may dial. It trusts the fleet's root alone, dials the given names
 * alone, always shows its client certificate, and speaks TLS 1.3.
 */
export function fleetPolicy({ root, serverNames }: PolicyScope): Policy {
  return {
    name: 'fleet',
    anchorDigests: [sha256(root)],
    serverNames,
    alpn: ['mqtt'],
    alpnRequired: false,
    clientKey: 'ldevid',
    versions: ['1.3'],
    cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'],
    groups: ['X25519', 'P-256'],
    // The part has no clock across power cuts: a policy that demanded a fresh token could not connect to fetch one.
    tokenAgeHoursMax: 0,
    // A broker that revokes a device must be obeyed at the next connection: each one shows the certificate anew.
    resumption: false,
    // The authority publishes no lists and no answers yet: what is there is obeyed, and what a certificate promises.
    revocationRule: 'ocsp-staple-if-present',
    revocationAgeHoursMax: REVOCATION_AGE_HOURS_MAX,
    purpose: 'application',
    bytesPerBootMax: 0,
  };
}

/**
 * The policy `recovery`: how a device whose boot failed, or whose part was tampered with, still reports and fetches a
 * repair. It shows no certificate, so that what it may get is only what anybody may.
 */
export function recoveryPolicy(scope: PolicyScope): Policy {
  return {
    ...fleetPolicy(scope),
    name: 'recovery',
    alpn: [],
    clientKey: 'none',
    purpose: 'recovery',
    bytesPerBootMax: RECOVERY_BYTES_MAX,
  };
}
