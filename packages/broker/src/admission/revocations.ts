import { type Refusal, refuse } from '../refusal.ts';
import type { Identity } from './identity.ts';

/**
 * What can be denied: an identity with all its certificates, one certificate that has been replaced, or an identity for
 * as long as somebody looks into it.
 */
export type Revocation =
  | { readonly kind: 'identity'; readonly urn: string }
  | { readonly kind: 'serial'; readonly serial: string }
  | { readonly kind: 'quarantine'; readonly urn: string };

/** The credentials that a connection was admitted with. */
export interface Credentials {
  readonly identity: Identity;
  /** Serial number of the certificate; undefined for tokens and configured identities. */
  readonly serial: string | undefined;
  /** The CA that signed the certificate, by its key: serial numbers are unique for one CA only. */
  readonly issuer?: string;
}

/** What one CA has said about its certificates. */
export interface IssuerRevocations {
  readonly serials: ReadonlySet<string>;
  /** False when the list is too old to say "not revoked": then nobody new of this CA is admitted. */
  readonly isUsable: boolean;
}

/**
 * The deny list and the lists of the CAs: consulted on every CONNECT, so that whatever TLS let through, a resumed session
 * too, is still refused.
 */
export class Revocations {
  readonly #urns = new Set<string>();
  readonly #quarantined = new Set<string>();
  readonly #serials = new Set<string>();
  #lists: ReadonlyMap<string, IssuerRevocations> = new Map();

  add(revocation: Revocation): void {
    const { set, key } = this.#place(revocation);
    set.add(key);
  }

  /** False when there was nothing to take back. */
  remove(revocation: Revocation): boolean {
    const { set, key } = this.#place(revocation);
    return set.delete(key);
  }

  /** By the key of the issuer. */
  replaceLists(lists: ReadonlyMap<string, IssuerRevocations>): void {
    this.#lists = lists;
  }

  /** Whether a connection with these credentials has to end. */
  covers(credentials: Credentials): boolean {
    const { urn } = credentials.identity;
    return this.#urns.has(urn) || this.#quarantined.has(urn) || this.#coversSerial(credentials);
  }

  /** Why a client may not connect, if it may not: the same, and "not revoked" has to be known. */
  refusalOf(credentials: Credentials): Refusal | undefined {
    const { issuer, identity, serial } = credentials;
    const { urn } = identity;
    if (this.#urns.has(urn)) return refuse('KS-B208', `'${urn}' is revoked`);
    if (this.#coversSerial(credentials)) {
      return refuse('KS-B208', `the certificate ${serial} of '${urn}' is revoked`);
    }
    if (this.#quarantined.has(urn)) return refuse('KS-B341', `'${urn}' is in quarantine`);
    if (issuer === undefined || this.#lists.get(issuer)?.isUsable !== false) return undefined;
    return refuse('KS-B342', `whether the certificate of '${urn}' is revoked is not known at present`);
  }

  get denied(): readonly Revocation[] {
    return [
      ...Array.from(this.#urns, (urn) => ({ kind: 'identity', urn }) as const),
      ...Array.from(this.#quarantined, (urn) => ({ kind: 'quarantine', urn }) as const),
      ...Array.from(this.#serials, (serial) => ({ kind: 'serial', serial }) as const),
    ];
  }

  #coversSerial({ serial, issuer }: Credentials): boolean {
    if (serial === undefined) return false;
    const normal = normalSerial(serial);
    if (this.#serials.has(normal)) return true;
    return issuer !== undefined && this.#lists.get(issuer)?.serials.has(normal) === true;
  }

  #place(revocation: Revocation): { readonly set: Set<string>; readonly key: string } {
    switch (revocation.kind) {
      case 'identity':
        return { set: this.#urns, key: revocation.urn };
      case 'quarantine':
        return { set: this.#quarantined, key: revocation.urn };
      case 'serial':
        return { set: this.#serials, key: normalSerial(revocation.serial) };
    }
  }
}

/** Lower case, no colons, no leading zeros: the many ways to write one number. */
export function normalSerial(serial: string): string {
  return serial
    .toLowerCase()
    .replaceAll(':', '')
    .replace(/^0+(?=.)/, '');
}
