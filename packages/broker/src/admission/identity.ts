/** Who a client is: what its certificate, token or listener says, never what the client says of itself. */
export interface Identity {
  readonly fleet: string;
  readonly role: Role;
  readonly id: string;
  /** `urn:keystile:<fleet>:<role>:<id>` */
  readonly urn: string;
}

export const roles = ['device', 'application', 'operator', 'service'] as const;
export type Role = (typeof roles)[number];

/**
 * 1 to 64 letters, digits, dots, underscores and hyphens, with a letter or digit at both ends. No wildcard, slash,
 * colon, blank or control character can enter: an id becomes a topic level, a client id and a log field.
 */
const namePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/;

export const IDENTITY_PREFIX = 'urn:keystile:';

/** Undefined unless the text is exactly one well-formed identity. */
export function parseIdentity(urn: string): Identity | undefined {
  if (!urn.startsWith(IDENTITY_PREFIX)) return undefined;
  const [fleet, roleName, id, ...rest] = urn.slice(IDENTITY_PREFIX.length).split(':');
  const role = roles.find((each) => each === roleName);
  if (fleet === undefined || id === undefined || role === undefined || rest.length > 0) return undefined;
  if (!namePattern.test(fleet) || !namePattern.test(id)) return undefined;
  return { fleet, role, id, urn };
}
