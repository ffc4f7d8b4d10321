import {
  NO_PROPERTIES,
  type Properties,
  type PublishPacket,
  type QoS,
  type TopicName,
  type Will,
} from '@keystile/mqtt';
import type { Identity } from './admission/identity.ts';
import type { RetainedLimits } from './limits.ts';
import type { SessionKey } from './session/session-key.ts';

/** One application message inside the broker, as its publisher meant it. Owns its bytes. */
export interface Message {
  readonly topic: TopicName;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  /** The properties that travel on: no alias, no expiry, no subscription identifiers. */
  readonly properties: Properties;
  /** On the broker's clock; undefined when the message does not expire. */
  readonly expiresAtMs: number | undefined;
  /** Who published it: a retained message is given out only while its author may still publish it. */
  readonly author: Identity;
  readonly publisher: SessionKey;
}

/** A will as its client left it. Its message expires from the moment of publication, so the interval is kept apart. */
export interface LastWill {
  readonly message: Message;
  readonly expirySeconds: number | undefined;
  readonly delayMs: number;
  /** How many retained messages the listener of its client allows: a retained will is one more. */
  readonly retainedLimits: RetainedLimits;
}

export interface MessageOrigin {
  readonly author: Identity;
  readonly publisher: SessionKey;
  readonly nowMs: number;
}

/** What a message weighs in a queue: its bytes and a flat share for the objects around them. */
const MESSAGE_OVERHEAD = 128;

export function messageSize(message: Message): number {
  return message.topic.length + message.payload.length + propertiesSize(message.properties) + MESSAGE_OVERHEAD;
}

/** What travels on and has no bound of its own but the packet's. */
function propertiesSize(properties: Properties): number {
  if (properties === NO_PROPERTIES) return 0;
  const { contentType = '', responseTopic = '', correlationData, userProperties = [] } = properties;
  let size = contentType.length + responseTopic.length + (correlationData?.length ?? 0);
  for (const [name, value] of userProperties) size += name.length + value.length;
  return size;
}

export function messageOf(packet: PublishPacket | Will, topic: TopicName, origin: MessageOrigin): Message {
  const { topicAlias, subscriptionIdentifiers, messageExpiryInterval, willDelayInterval, correlationData, ...plain } =
    packet.properties;
  const travelling = correlationData === undefined ? plain : { ...plain, correlationData: correlationData.slice() };
  return {
    topic,
    // Payload and correlation data are slices of whatever the transport delivered; a queued message must not pin that.
    payload: packet.payload.slice(),
    qos: packet.qos,
    retain: packet.retain,
    properties: Object.keys(travelling).length === 0 ? NO_PROPERTIES : travelling,
    expiresAtMs: messageExpiryInterval === undefined ? undefined : origin.nowMs + messageExpiryInterval * 1000,
    author: origin.author,
    publisher: origin.publisher,
  };
}

export function lastWillOf(will: Will, origin: MessageOrigin, limits: RetainedLimits): LastWill {
  return {
    message: { ...messageOf(will, will.topic, origin), expiresAtMs: undefined },
    expirySeconds: will.properties.messageExpiryInterval,
    delayMs: (will.properties.willDelayInterval ?? 0) * 1000,
    retainedLimits: {
      retainedMessagesMax: limits.retainedMessagesMax,
      retainedPerIdentityMax: limits.retainedPerIdentityMax,
    },
  };
}

/** The message that a will becomes when it is published. */
export function willMessage(will: LastWill, nowMs: number): Message {
  const { message, expirySeconds } = will;
  return expirySeconds === undefined ? message : { ...message, expiresAtMs: nowMs + expirySeconds * 1000 };
}

/** Whole seconds that are left, as the receiver is told [MQTT-3.3.2-6]; a started second counts. */
export function secondsLeft(message: Message, nowMs: number): number | undefined {
  return message.expiresAtMs === undefined ? undefined : Math.max(0, Math.ceil((message.expiresAtMs - nowMs) / 1000));
}

export function isExpired(message: Message, nowMs: number): boolean {
  return message.expiresAtMs !== undefined && message.expiresAtMs <= nowMs;
}
