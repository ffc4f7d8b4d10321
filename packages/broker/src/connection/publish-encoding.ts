import {
  encodePacket,
  NO_PROPERTIES,
  type PacketId,
  type Properties,
  type ProtocolVersion,
  type TopicName,
} from '@keystile/mqtt';
import { type Message, secondsLeft } from '../message.ts';
import type { Delivery } from '../store/store.ts';

/** How one PUBLISH goes out to one client. */
export interface PublishAs {
  readonly version: ProtocolVersion;
  readonly packetId: PacketId | undefined;
  readonly dup: boolean;
  readonly nowMs: number;
  readonly alias: { readonly alias: number; readonly isNew: boolean } | undefined;
}

/**
 * Encodes PUBLISH packets, and the same one only once in a row: a message that fans out to many subscribers at QoS 0
 * is one buffer for each version, whoever reads it.
 */
export class PublishEncoding {
  #message: Message | undefined;
  #plain: { v3?: Uint8Array; v5?: Uint8Array } = {};

  encode(delivery: Delivery, as: PublishAs): Uint8Array {
    const { message } = delivery;
    const isPlain =
      as.packetId === undefined &&
      as.alias === undefined &&
      !delivery.retain &&
      delivery.subscriptionIdentifiers.length === 0 &&
      message.expiresAtMs === undefined;
    if (!isPlain) return encode(delivery, as);
    if (this.#message !== message) {
      this.#message = message;
      this.#plain = {};
    }
    const slot = as.version === 5 ? 'v5' : 'v3';
    const bytes = this.#plain[slot] ?? encode(delivery, as);
    this.#plain[slot] = bytes;
    return bytes;
  }

  /** Lets go of the last message: called when a turn is over. */
  clear(): void {
    this.#message = undefined;
    this.#plain = {};
  }
}

function encode(delivery: Delivery, as: PublishAs): Uint8Array {
  const { message } = delivery;
  const topic: TopicName | undefined = as.alias !== undefined && !as.alias.isNew ? undefined : message.topic;
  return encodePacket(
    {
      kind: 'publish',
      topic,
      payload: message.payload,
      qos: delivery.qos,
      retain: delivery.retain,
      dup: as.dup,
      packetId: as.packetId,
      properties: as.version === 5 ? propertiesOf(delivery, as) : NO_PROPERTIES,
    },
    as.version,
  );
}

function propertiesOf(delivery: Delivery, as: PublishAs): Properties {
  const { message, subscriptionIdentifiers } = delivery;
  const messageExpiryInterval = secondsLeft(message, as.nowMs);
  if (messageExpiryInterval === undefined && as.alias === undefined && subscriptionIdentifiers.length === 0) {
    return message.properties;
  }
  return {
    ...message.properties,
    ...(messageExpiryInterval !== undefined && { messageExpiryInterval }),
    ...(as.alias && { topicAlias: as.alias.alias }),
    ...(subscriptionIdentifiers.length > 0 && { subscriptionIdentifiers }),
  };
}
