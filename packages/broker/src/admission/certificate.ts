import { type Refusal, refuse } from '../refusal.ts';
import { IDENTITY_PREFIX, type Identity, parseIdentity, type Role } from './identity.ts';

/** What a verified client certificate says, as read by the edge. The chain was verified before; this decides who it is. */
export interface CertificateFacts {
  /** Every subject alternative name of type URI. */
  readonly uris: readonly string[];
  /** Lower-case hexadecimal. */
  readonly serial: string;
  readonly subject: string;
  /** What the CA whose key signed this certificate may issue; undefined when that key is not configured. */
  readonly grant: IssuerGrant | undefined;
}

/** What the holder of one issuing key may name. */
export interface IssuerGrant {
  readonly name: string;
  readonly fleet: string;
  readonly roles: readonly Role[];
}

export function identityOfCertificate(facts: CertificateFacts): Identity | Refusal {
  const claims = facts.uris.filter((uri) => uri.toLowerCase().startsWith(IDENTITY_PREFIX));
  const [claim] = claims;
  if (claim === undefined || claims.length !== 1) {
    return refuse('KS-B201', `certificate of '${facts.subject}' names ${claims.length} identities where one belongs`);
  }
  const identity = parseIdentity(claim);
  if (identity === undefined) {
    return refuse('KS-B201', `'${printable(claim)}' in the certificate of '${facts.subject}' is not an identity`);
  }
  if (facts.grant === undefined) {
    return refuse('KS-B202', `the CA that issued '${identity.urn}' is not configured as an issuer`);
  }
  if (facts.grant.fleet !== identity.fleet || !facts.grant.roles.includes(identity.role)) {
    return refuse('KS-B202', `issuer '${facts.grant.name}' may not issue '${identity.urn}'`);
  }
  return identity;
}

/** A hostile name must not write into the log or a terminal. */
function printable(text: string): string {
  return text.slice(0, 200).replace(/[^\x20-\x7e]/g, '?');
}
