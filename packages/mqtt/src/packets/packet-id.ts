import type { PacketReader } from '../reader.ts';
import { type PacketId, parsePacketId } from '../topic.ts';

/** A packet identifier is never 0 [MQTT-2.2.1-3]. */
export function readPacketId(reader: PacketReader): PacketId {
  const id = parsePacketId(reader.u16());
  if (id === undefined) throw reader.fault('packet-id', 'packet identifier is 0');
  return id;
}
