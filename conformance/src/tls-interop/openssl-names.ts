import type { CipherSuite, Group } from '@keystile/tls';
import { type Version, versionOf } from './cell.ts';

/** What OpenSSL calls suites and groups, for its command, for node:tls and for Mosquitto. CCM is off unless named. */
const olderSuites: Readonly<Partial<Record<CipherSuite, string>>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_128_CCM: 'ECDHE-ECDSA-AES128-CCM',
};

/** The suites of TLS 1.3 keep their names. */
export function opensslSuite(suite: CipherSuite): string {
  return olderSuites[suite] ?? suite;
}

/**
 * The groups of a server that shall use this one. In TLS 1.2 it refuses certificates on curves that are not among them,
 * also the client's; it takes the first of the client's order.
 */
export function opensslGroups(group: Group, version: Version): string {
  return version === '1.3' || group === 'P-256' ? group : `${group}:P-256`;
}

/** The same, as OpenSSL reports what was agreed. */
export function opensslCurve(group: Group): string {
  return { 'P-256': 'prime256v1', 'P-384': 'secp384r1', X25519: 'X25519', X25519MLKEM768: 'X25519MLKEM768' }[group];
}

export function opensslVersion(suite: CipherSuite): 'TLSv1.3' | 'TLSv1.2' {
  return versionOf(suite) === '1.3' ? 'TLSv1.3' : 'TLSv1.2';
}
