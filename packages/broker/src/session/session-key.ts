import type { Identity } from '../admission/identity.ts';

declare const sessionKey: unique symbol;

/**
 * What finds a session: fleet, role, id *and* client id. Another identity that says the same client id gets a session
 * of its own, so that nobody can take over what is not his.
 */
export type SessionKey = string & { readonly [sessionKey]: true };

export function sessionKeyOf(identity: Identity, clientId: string): SessionKey {
  // A URN holds no blank, so the first one ends it.
  return `${identity.urn} ${clientId}` as SessionKey;
}
