import { FILTERS_MAX } from '../limits.ts';
import { NO_PROPERTIES, type Properties, readProperties, writeProperties } from '../properties.ts';
import { PacketType, type ProtocolVersion, type QoS } from '../protocol.ts';
import type { PacketReader } from '../reader.ts';
import { type PacketId, SHARE_PREFIX, type TopicFilter } from '../topic.ts';
import { PacketWriter } from '../writer.ts';
import { readPacketId } from './packet-id.ts';
import { readTopicFilter } from './topics.ts';

/** SUBSCRIBE (§3.8). */
export interface SubscribePacket {
  readonly kind: 'subscribe';
  readonly packetId: PacketId;
  readonly subscriptions: readonly SubscriptionRequest[];
  readonly properties: Properties;
}

export interface SubscriptionRequest {
  readonly filter: TopicFilter;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: RetainHandling;
}

/** 0: send retained messages; 1: only if the subscription is new; 2: do not send them. */
export type RetainHandling = 0 | 1 | 2;

export function readSubscribe(reader: PacketReader): SubscribePacket {
  const packetId = readPacketId(reader);
  const properties = reader.context.version === 5 ? readProperties(reader, 'subscribe') : NO_PROPERTIES;
  const subscriptions: SubscriptionRequest[] = [];
  if (reader.remaining === 0) throw reader.fault('no-entries', 'no topic filter [MQTT-3.8.3-2]');
  do {
    if (subscriptions.length >= FILTERS_MAX) throw reader.fault('too-many', `more than ${FILTERS_MAX} filters`);
    subscriptions.push(readRequest(reader));
  } while (reader.remaining > 0);
  return { kind: 'subscribe', packetId, subscriptions, properties };
}

function readRequest(reader: PacketReader): SubscriptionRequest {
  const filter = readTopicFilter(reader);
  const options = reader.u8();
  const qos = options & 3;
  const retainHandling = (options >> 4) & 3;
  const reserved = reader.context.version === 5 ? options & 0xc0 : options & 0xfc;
  if (qos === 3 || retainHandling === 3 || reserved !== 0) {
    throw reader.fault('subscription-options', `options 0x${options.toString(16)} [MQTT-3.8.3-5]`);
  }
  const noLocal = (options & 4) !== 0;
  if (noLocal && filter.startsWith(SHARE_PREFIX)) {
    throw reader.fault('shared-no-local', 'no local on a shared subscription [MQTT-3.8.3-4]');
  }
  return {
    filter,
    qos: qos as QoS,
    noLocal,
    retainAsPublished: (options & 8) !== 0,
    retainHandling: retainHandling as RetainHandling,
  };
}

export function writeSubscribe(packet: SubscribePacket, version: ProtocolVersion): Uint8Array {
  if (packet.subscriptions.length === 0) throw new RangeError('a SUBSCRIBE needs a topic filter');
  const writer = new PacketWriter(64).u16(packet.packetId);
  if (version === 5) writeProperties(writer, 'subscribe', packet.properties);
  for (const request of packet.subscriptions) {
    const options =
      request.qos | (request.noLocal ? 4 : 0) | (request.retainAsPublished ? 8 : 0) | (request.retainHandling << 4);
    writer.text(request.filter).u8(version === 5 ? options : request.qos);
  }
  return writer.finish((PacketType.subscribe << 4) | 2);
}
