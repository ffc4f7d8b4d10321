import { equalPublicBytes } from '@keystile/bytes';
import {
  NO_PROPERTIES,
  type PacketId,
  type PublishPacket,
  Reason,
  type ReasonCode,
  type TopicName,
} from '@keystile/mqtt';
import { checkTopic } from '../access/check-topic.ts';
import { QOS2_REPEATS_MAX } from '../limits.ts';
import { type Message, messageOf, messageSize } from '../message.ts';
import { type Refusal, reasonOf, refuse, sentenceOf } from '../refusal.ts';
import type { Connected } from './connected.ts';
import { type Ending, violation } from './ending.ts';

/** PUBLISH from a client (§3.3): name the topic, ask the rules, deliver or hold, acknowledge. */
export function onPublish(connected: Connected, packet: PublishPacket, nowMs: number): Ending | undefined {
  const topic = resolveTopic(connected, packet);
  if (typeof topic !== 'string') return topic;
  const tooFast = countAgainstRate(connected, { packet, topic }, nowMs);
  if (tooFast !== undefined) return refuseExcess(connected, { packet, refusal: tooFast });
  if (topic.startsWith('$share/')) return publishToShareName(connected, packet);
  const refusal = checkPublish(connected, topic);
  if (refusal !== undefined) return refusePublish(connected, { packet, refusal });
  const { identity } = connected.link.peer.credentials;
  const message = messageOf(packet, topic, { author: identity, publisher: connected.session.stored.key, nowMs });
  const noRoom = checkRoom(connected, message, packet.packetId);
  if (noRoom !== undefined) return refusePublish(connected, { packet, refusal: noRoom });
  const { packetId } = packet;
  if (packetId === undefined) {
    connected.link.parts.publish(message, nowMs, connected.listener);
    return undefined;
  }
  const tooMany = countAgainstMaximum(connected, packetId);
  if (tooMany !== undefined) return tooMany;
  if (packet.qos === 2) return hold(connected, { packetId, message });
  const reached = connected.link.parts.publish(message, nowMs, connected.listener);
  acknowledge(connected, packetId, { kind: 'puback', reached });
  return undefined;
}

function resolveTopic(connected: Connected, packet: PublishPacket): TopicName | Ending {
  const { topicAlias } = packet.properties;
  const topic = topicAlias === undefined ? packet.topic : connected.aliases.resolve(packet.topic, topicAlias);
  if (topic === undefined || topic === 'unknown') {
    return violation(Reason.protocolError, `topic alias ${topicAlias} was never set [MQTT-3.3.2-12]`);
  }
  if (topic === 'out-of-range') {
    return violation(Reason.topicAliasInvalid, `topic alias ${topicAlias} is above the maximum [MQTT-3.3.2-9]`);
  }
  return topic;
}

/** Undefined when the client is within its rate, or may go on after a rest. */
function countAgainstRate(
  connected: Connected,
  what: { readonly packet: PublishPacket; readonly topic: TopicName },
  nowMs: number,
): Refusal | undefined {
  const { rate } = connected;
  if (rate === undefined) return undefined;
  const { publishExcess } = connected.link.peer.listener.limits;
  if (publishExcess === 'refuse' && rate.restMs(nowMs) > 0) {
    return refuse('KS-B370', `'${connected.clientId}' publishes faster than it may`);
  }
  rate.take(what.topic.length + what.packet.payload.length, nowMs);
  const restMs = rate.restMs(nowMs);
  if (publishExcess === 'slow' && restMs > 0) connected.link.rest(nowMs + restMs);
  return undefined;
}

/** Where no acknowledgement can refuse it, the connection ends with the reason that is made for this (0x96). */
function refuseExcess(
  connected: Connected,
  what: { readonly packet: PublishPacket; readonly refusal: Refusal },
): Ending | undefined {
  if (connected.version === 5 && what.packet.packetId !== undefined) return refusePublish(connected, what);
  return { kind: 'refused', refusal: refuse('KS-B371', what.refusal.sentence) };
}

function checkPublish(connected: Connected, topic: TopicName): Refusal | undefined {
  const { parts, peer } = connected.link;
  const { identity } = peer.credentials;
  const tooDeep = checkTopic(topic, peer.listener.limits);
  if (tooDeep !== undefined) return tooDeep;
  if (!parts.access.permissionsOf(identity).mayPublish(topic).allowed) {
    return refuse('KS-B300', `'${identity.urn}' may not publish to '${topic}'`);
  }
  return undefined;
}

function checkRoom(connected: Connected, message: Message, packetId: PacketId | undefined): Refusal | undefined {
  const { parts, peer } = connected.link;
  const { limits } = peer.listener;
  const notRetained = parts.router.refuseToRetain(message, limits);
  if (notRetained !== undefined) return notRetained;
  const { held } = connected.session.stored;
  const isHeld = message.qos === 2 && packetId !== undefined && held.find(packetId) === undefined;
  if (!isHeld) return undefined;
  const size = messageSize(message);
  if (held.count > 0 && held.bytes + size > limits.queuedBytesMax) {
    return refuse('KS-B306', `${held.count} messages of ${held.bytes} bytes are not released`);
  }
  if (!connected.session.processHasRoomFor(size)) {
    return refuse('KS-B373', `the clients together leave no room to hold ${size} bytes`);
  }
  return undefined;
}

/** Before version 5 there is no such maximum: what is held is bounded by its bytes alone. */
function countAgainstMaximum(connected: Connected, packetId: PacketId): Ending | undefined {
  if (connected.version < 5) return undefined;
  const { unacknowledged } = connected;
  const { receiveMaximum } = connected.link.peer.listener.limits;
  if (unacknowledged.size >= receiveMaximum && !unacknowledged.has(packetId)) {
    return violation(Reason.receiveMaximumExceeded, `more than ${receiveMaximum} publishes are not acknowledged`);
  }
  unacknowledged.add(packetId);
  return undefined;
}

/**
 * What a client is told must be true. Version 5 can say no to QoS 1 and 2. There is no packet for it at QoS 0 and before
 * version 5, where an acknowledgement would look like success: the connection ends instead [MQTT-3.3.5-2].
 */
function refusePublish(
  connected: Connected,
  what: { readonly packet: PublishPacket; readonly refusal: Refusal },
): Ending | undefined {
  const { packet, refusal } = what;
  const { packetId } = packet;
  if (connected.version !== 5 || packetId === undefined) return { kind: 'refused', refusal };
  const sentence = sentenceOf(refusal);
  connected.logRefusal('publish-refused', refusal);
  const kind = packet.qos === 1 ? 'puback' : 'pubrec';
  connected.link.send({ kind, packetId, reason: reasonOf(refusal), properties: connected.explain(sentence) }, 5);
  return undefined;
}

/** `$share/…` is no place for messages: no filter can match it. So before version 5 the acknowledgement hides nothing. */
function publishToShareName(connected: Connected, packet: PublishPacket): undefined {
  const { packetId } = packet;
  if (packetId === undefined) return undefined;
  const kind = packet.qos === 1 ? 'puback' : 'pubrec';
  const reason = connected.version === 5 ? Reason.notAuthorized : Reason.success;
  connected.link.send({ kind, packetId, reason, properties: NO_PROPERTIES }, connected.version);
  return undefined;
}

/** QoS 2: kept until PUBREL, so that a repeated PUBLISH is one message [MQTT-4.3.3-10]. */
function hold(
  connected: Connected,
  what: { readonly packetId: PacketId; readonly message: Message },
): Ending | undefined {
  const { packetId, message } = what;
  const { held } = connected.session.stored;
  const before = held.find(packetId);
  if (before !== undefined && isSameMessage(before.message, message)) {
    const repeats = (connected.repeats.get(packetId) ?? 0) + 1;
    if (repeats > QOS2_REPEATS_MAX)
      return violation(Reason.protocolError, `packet ${packetId} is repeated and not released`);
    connected.repeats.set(packetId, repeats);
  } else {
    connected.repeats.delete(packetId);
    connected.session.hold({ packetId, message });
  }
  acknowledge(connected, packetId, { kind: 'pubrec', reached: undefined });
  return undefined;
}

function isSameMessage(a: Message, b: Message): boolean {
  return a.topic === b.topic && a.retain === b.retain && equalPublicBytes(a.payload, b.payload);
}

function acknowledge(
  connected: Connected,
  packetId: PacketId,
  what: { readonly kind: 'puback' | 'pubrec'; readonly reached: number | undefined },
): void {
  const reason: ReasonCode =
    connected.version === 5 && what.reached === 0 ? Reason.noMatchingSubscribers : Reason.success;
  connected.link.parts.store.whenDurable(() => {
    if (what.kind === 'puback') connected.unacknowledged.delete(packetId);
    connected.link.send({ kind: what.kind, packetId, reason, properties: NO_PROPERTIES }, connected.version);
  });
}
