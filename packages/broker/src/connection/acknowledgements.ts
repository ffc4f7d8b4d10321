import {
  NO_PROPERTIES,
  type PubackPacket,
  type PubcompPacket,
  type PubrecPacket,
  type PubrelPacket,
  Reason,
} from '@keystile/mqtt';
import type { Message } from '../message.ts';
import { type Refusal, refuse } from '../refusal.ts';
import type { Connected } from './connected.ts';
import { type Ending, violation } from './ending.ts';

/**
 * The acknowledgements of both directions (§4.3). One for an identifier that is not in flight is answered as if it
 * were: the client may have outlived our state, and it must be able to finish. One of the wrong kind for a message that
 * *is* in flight breaks the protocol.
 */

/** A reason code from here on says that the receiver refused the message. */
const FIRST_FAILURE = 0x80;

export function onPuback(connected: Connected, packet: PubackPacket, nowMs: number): Ending | undefined {
  const entry = connected.session.stored.inFlight.find(packet.packetId);
  if (entry === undefined) return undefined;
  if (entry.kind !== 'published' || entry.delivery.qos !== 1) return wrongKind('PUBACK');
  connected.session.finish(packet.packetId, nowMs);
  return undefined;
}

export function onPubrec(connected: Connected, packet: PubrecPacket, nowMs: number): Ending | undefined {
  const { session } = connected;
  const entry = session.stored.inFlight.find(packet.packetId);
  if (entry?.kind === 'published' && entry.delivery.qos !== 2) return wrongKind('PUBREC');
  if (packet.reason >= FIRST_FAILURE) {
    session.finish(packet.packetId, nowMs);
    return undefined;
  }
  session.received(packet.packetId);
  connected.link.parts.store.whenDurable(() => connected.release(packet.packetId));
  return undefined;
}

export function onPubcomp(connected: Connected, packet: PubcompPacket, nowMs: number): Ending | undefined {
  const entry = connected.session.stored.inFlight.find(packet.packetId);
  if (entry === undefined) return undefined;
  if (entry.kind !== 'released') return wrongKind('PUBCOMP');
  connected.session.finish(packet.packetId, nowMs);
  return undefined;
}

/** The client releases a message that it published at QoS 2: only now is it delivered, and exactly once. */
export function onPubrel(connected: Connected, packet: PubrelPacket, nowMs: number): Ending | undefined {
  const { parts } = connected.link;
  const { held } = connected.session.stored;
  const found = held.find(packet.packetId);
  if (found !== undefined) {
    connected.session.release(packet.packetId);
    connected.repeats.delete(packet.packetId);
    const refusal = checkRelease(connected, found.message);
    // PUBCOMP cannot say no, and would look like success.
    if (refusal !== undefined) return { kind: 'refused', refusal };
    parts.publish(found.message, nowMs, connected.listener);
  }
  parts.store.whenDurable(() => {
    const { packetId } = packet;
    connected.unacknowledged.delete(packetId);
    connected.link.send(
      { kind: 'pubcomp', packetId, reason: Reason.success, properties: NO_PROPERTIES },
      connected.version,
    );
  });
  return undefined;
}

/** What was allowed when the message came may have changed since: it can be held for as long as the session. */
function checkRelease(connected: Connected, message: Message): Refusal | undefined {
  const { parts, peer } = connected.link;
  const { author, topic } = message;
  if (!parts.access.mayStillPublish(author, topic)) {
    return refuse('KS-B300', `'${author.urn}' may no longer publish to '${topic}'`);
  }
  return parts.router.refuseToRetain(message, peer.listener.limits);
}

function wrongKind(name: string): Ending {
  return violation(Reason.protocolError, `${name} for a message that awaits another acknowledgement`);
}
