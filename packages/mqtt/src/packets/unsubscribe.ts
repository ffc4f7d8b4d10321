import { FILTERS_MAX } from '../limits.ts';
import { NO_PROPERTIES, type Properties, readProperties, writeProperties } from '../properties.ts';
import { PacketType, type ProtocolVersion } from '../protocol.ts';
import type { PacketReader } from '../reader.ts';
import type { PacketId, TopicFilter } from '../topic.ts';
import { PacketWriter } from '../writer.ts';
import { readPacketId } from './packet-id.ts';
import { readTopicFilter } from './topics.ts';

/** UNSUBSCRIBE (§3.10). */
export interface UnsubscribePacket {
  readonly kind: 'unsubscribe';
  readonly packetId: PacketId;
  readonly filters: readonly TopicFilter[];
  readonly properties: Properties;
}

export function readUnsubscribe(reader: PacketReader): UnsubscribePacket {
  const packetId = readPacketId(reader);
  const properties = reader.context.version === 5 ? readProperties(reader, 'unsubscribe') : NO_PROPERTIES;
  const filters: TopicFilter[] = [];
  if (reader.remaining === 0) throw reader.fault('no-entries', 'no topic filter [MQTT-3.10.3-2]');
  do {
    if (filters.length >= FILTERS_MAX) throw reader.fault('too-many', `more than ${FILTERS_MAX} filters`);
    filters.push(readTopicFilter(reader));
  } while (reader.remaining > 0);
  return { kind: 'unsubscribe', packetId, filters, properties };
}

export function writeUnsubscribe(packet: UnsubscribePacket, version: ProtocolVersion): Uint8Array {
  if (packet.filters.length === 0) throw new RangeError('an UNSUBSCRIBE needs a topic filter');
  const writer = new PacketWriter(64).u16(packet.packetId);
  if (version === 5) writeProperties(writer, 'unsubscribe', packet.properties);
  for (const filter of packet.filters) writer.text(filter);
  return writer.finish((PacketType.unsubscribe << 4) | 2);
}
