import type { Policy } from '@keystile/link';
import { sha256 } from '../state/signer.ts';

/**
 * The policy `fleet` of the product: whom a part may dial. It trusts the fleet's root alone, dials the given names
 * alone, always shows its client certificate, and speaks TLS 1.3.
 */
export function fleetPolicy({ root, serverNames }: { root: Uint8Array; serverNames: readonly string[] }): Policy {
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
  };
}
