import { type DisconnectPacket, Reason } from '@keystile/mqtt';
import type { Connected } from './connected.ts';
import { type Ending, violation } from './ending.ts';

/** DISCONNECT from a client (§3.14): a normal one takes back the will, any other leaves it due. */
export function onDisconnect(connected: Connected, packet: DisconnectPacket): Ending {
  const expiry = packet.properties.sessionExpiryInterval;
  if (expiry !== undefined) {
    if (connected.sessionExpirySeconds === 0 && expiry !== 0) {
      return violation(Reason.protocolError, 'session expiry was 0 and cannot be set by DISCONNECT (§3.14.2.2.2)');
    }
    const { sessionExpiryMaxSeconds } = connected.link.peer.listener.limits;
    connected.sessionExpirySeconds = Math.min(expiry, sessionExpiryMaxSeconds);
  }
  return { kind: 'client', withWill: packet.reason !== Reason.success };
}
