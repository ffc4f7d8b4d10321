import type { Identity } from './identity.ts';

/** What `revoke` can name: an identity with all its certificates, or one certificate that has been replaced. */
export type Revocation =
  | { readonly kind: 'identity'; readonly urn: string }
  | { readonly kind: 'serial'; readonly serial: string };

/** The credentials that a connection was admitted with. */
export interface Credentials {
  readonly identity: Identity;
  /** Serial number of the certificate; undefined for tokens and configured identities. */
  readonly serial: string | undefined;
}

/** The deny list: consulted on every CONNECT, so that whatever TLS let through is still refused. */
export class Revocations {
  readonly #urns = new Set<string>();
  readonly #serials = new Set<string>();

  add(revocation: Revocation): void {
    if (revocation.kind === 'identity') this.#urns.add(revocation.urn);
    else this.#serials.add(normalSerial(revocation.serial));
  }

  covers(credentials: Credentials): boolean {
    if (this.#urns.has(credentials.identity.urn)) return true;
    return credentials.serial !== undefined && this.#serials.has(normalSerial(credentials.serial));
  }
}

function normalSerial(serial: string): string {
  return serial
    .toLowerCase()
    .replaceAll(':', '')
    .replace(/^0+(?=.)/, '');
}
