import { FILTERS_MAX } from '../limits.ts';
import { NO_PROPERTIES, type Properties, readProperties, writeProperties } from '../properties.ts';
import { PacketType, type ProtocolVersion } from '../protocol.ts';
import type { PacketReader } from '../reader.ts';
import { type PacketId, parseTopicFilter, type TopicFilter } from '../topic.ts';
import { PacketWriter } from '../writer.ts';
import { readPacketId } from './packet-id.ts';

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
  do {
    if (filters.length >= FILTERS_MAX) throw reader.fault('too-many', `more than ${FILTERS_MAX} filters`);
    const filter = parseTopicFilter(reader.text());
    if (filter === undefined) throw reader.fault('topic-filter', 'not a topic filter');
    filters.push(filter);
  } while (reader.remaining > 0);
  return { kind: 'unsubscribe', packetId, filters, properties };
}

export function writeUnsubscribe(packet: UnsubscribePacket, version: ProtocolVersion): Uint8Array {
  const writer = new PacketWriter(64).u16(packet.packetId);
  if (version === 5) writeProperties(writer, 'unsubscribe', packet.properties);
  for (const filter of packet.filters) writer.text(filter);
  return writer.finish((PacketType.unsubscribe << 4) | 2);
}
