import type { ConnectPacket } from '@keystile/mqtt';
import { checkTopic } from '../access/check-topic.ts';
import type { BrokerParts, Peer } from '../connection/parts.ts';
import { type Refusal, refuse } from '../refusal.ts';
import type { Session } from '../session/session.ts';
import { assignClientId, checkClientId } from './client-id.ts';
import type { Identity } from './identity.ts';

export interface Admitted {
  readonly kind: 'admitted';
  readonly clientId: string;
  /** Whether the broker chose the client id. */
  readonly assigned: boolean;
}

/** Decides whether this peer may connect with this CONNECT: every refusal of admission is found here. */
export function admit(parts: BrokerParts, peer: Peer, packet: ConnectPacket): Admitted | Refusal {
  const { identity } = peer.credentials;
  if (parts.isDraining()) return refuse('KS-B209', 'the broker is shutting down');
  const denied = parts.revocations.refusalOf(peer.credentials);
  if (denied !== undefined) return denied;
  const wrongMethod = parts.authentication.check(peer, packet);
  if (wrongMethod !== undefined) return wrongMethod;
  const assigned = packet.clientId === '';
  if (assigned && packet.version < 5 && (!packet.cleanStart || packet.version === 3)) {
    return refuse('KS-B206', 'a client without a client id must ask for a clean session [MQTT-3.1.3-8]');
  }
  const clientId = assigned ? assignClientId(identity, parts.random) : packet.clientId;
  const foreign = checkClientId(identity, clientId, peer.listener.clientIds);
  if (foreign !== undefined) return foreign;
  const own = parts.sessions.find(identity, clientId);
  return (
    checkCounts(parts, { peer, identity, own }) ??
    checkWill(parts, peer, packet) ?? { kind: 'admitted', clientId, assigned }
  );
}

function checkCounts(
  parts: BrokerParts,
  client: { readonly peer: Peer; readonly identity: Identity; readonly own: Session | undefined },
): Refusal | undefined {
  const { peer, identity, own } = client;
  // A listener for one configured identity has as many clients as it likes.
  if (peer.listener.clientIds === 'any') return undefined;
  const sessions = parts.sessions.sessionsOf(identity);
  const others = [...sessions].filter((session) => session !== own);
  const atOnce = parts.clientsAtOnce[identity.role];
  if (others.filter((session) => session.connected).length >= atOnce) {
    return refuse(
      'KS-B204',
      `'${identity.urn}' has ${atOnce} client${atOnce === 1 ? '' : 's'} connected, the most that its class allows`,
    );
  }
  const { sessionsPerIdentityMax } = peer.listener.limits;
  if (others.length >= sessionsPerIdentityMax) {
    return refuse('KS-B205', `'${identity.urn}' keeps ${sessionsPerIdentityMax} sessions, the most that are allowed`);
  }
  return undefined;
}

function checkWill(parts: BrokerParts, peer: Peer, packet: ConnectPacket): Refusal | undefined {
  const { will } = packet;
  if (will === undefined) return undefined;
  const tooDeep = checkTopic(will.topic, peer.listener.limits);
  if (tooDeep !== undefined) return tooDeep;
  const { identity } = peer.credentials;
  if (parts.access.permissionsOf(identity).mayPublish(will.topic).allowed) return undefined;
  return refuse('KS-B302', `'${identity.urn}' may not leave a will on '${will.topic}'`);
}
