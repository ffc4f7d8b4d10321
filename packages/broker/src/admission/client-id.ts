import { type Refusal, refuse } from '../refusal.ts';
import type { Identity, Role } from './identity.ts';

/** Which client ids a listener lets an identity use. `any` is for listeners whose clients are all one identity. */
export type ClientIdPolicy = 'own' | 'any';

/** How many client ids of one identity may be connected at once: the class of its certificate. */
export type ClientsAtOnce = Readonly<Record<Role, number>>;

/** A device is one thing; the others run in several places at a time. */
export const defaultClientsAtOnce: ClientsAtOnce = { device: 1, application: 4, operator: 4, service: 4 };

/** A client id is `<id>` or `<id>/<suffix>`. */
export function checkClientId(identity: Identity, clientId: string, policy: ClientIdPolicy): Refusal | undefined {
  if (policy === 'any' || clientId === identity.id) return undefined;
  if (clientId.startsWith(`${identity.id}/`) && clientId.length > identity.id.length + 1) return undefined;
  return refuse('KS-B203', `client id '${clientId}' does not belong to identity '${identity.urn}'`);
}

/** Random bytes behind an id that the broker assigns: enough that two never meet. */
const ASSIGNED_ID_BYTES = 9;

/** The id of a client that brought none [MQTT-3.1.3-6]. */
export function assignClientId(identity: Identity, random: (length: number) => Uint8Array): string {
  let suffix = '';
  for (const byte of random(ASSIGNED_ID_BYTES)) suffix += byte.toString(16).padStart(2, '0');
  return `${identity.id}/${suffix}`;
}
