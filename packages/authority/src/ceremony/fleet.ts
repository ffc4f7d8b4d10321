import type { KeyObject } from 'node:crypto';
import type { CertificateAuthority } from '@keystile/pki/issue';
import type { CertificateAuthorityName, StatementKeyName } from '../state/layout.ts';

export type { CertificateAuthority };

/**
 * A fleet with all of its keys: what a ceremony works with. It exists in memory only while `keystile up` or the
 * factory line runs a ceremony; the service that faces the network never constructs one.
 */
export interface Fleet {
  readonly name: string;
  /** The authority's folder. */
  readonly folder: string;
  /** Milliseconds since 1970, UTC. */
  readonly createdAtMs: number;
  /** SHA-256 of the root certificate, as browsers show it: `AB:CD:…`. */
  readonly rootFingerprint: string;
  readonly authorities: Readonly<Record<CertificateAuthorityName, CertificateAuthority>>;
  readonly keys: Readonly<Record<StatementKeyName, KeyObject>>;
}
