import { NO_PROPERTIES, type Properties, readProperties, writeProperties } from '../properties.ts';
import { PacketType, type ProtocolVersion } from '../protocol.ts';
import type { PacketReader } from '../reader.ts';
import { isReasonOf } from '../reason-code.ts';
import type { PacketId } from '../topic.ts';
import { PacketWriter } from '../writer.ts';
import { readPacketId } from './packet-id.ts';
import { readCodes, writeCodes } from './reason-codes.ts';

/** SUBACK (§3.9): one code for each filter, in order. */
export interface SubackPacket {
  readonly kind: 'suback';
  readonly packetId: PacketId;
  readonly codes: readonly number[];
  readonly properties: Properties;
}

/** The one failure code that MQTT 3.1.1 knows [MQTT-3.9.3-2]. */
export const SUBSCRIBE_FAILURE = 0x80;

export function readSuback(reader: PacketReader): SubackPacket {
  const packetId = readPacketId(reader);
  const { version } = reader.context;
  const properties = version === 5 ? readProperties(reader, 'suback') : NO_PROPERTIES;
  const codes = readCodes(reader);
  for (const code of codes) {
    if (version === 5 ? !isReasonOf('suback', code) : code > 2 && code !== SUBSCRIBE_FAILURE) {
      throw reader.fault('reason-code', `reason 0x${code.toString(16)} is not for suback`);
    }
  }
  return { kind: 'suback', packetId, codes, properties };
}

export function writeSuback(packet: SubackPacket, version: ProtocolVersion): Uint8Array {
  const writer = new PacketWriter(4 + packet.codes.length).u16(packet.packetId);
  if (version === 5) writeProperties(writer, 'suback', packet.properties);
  writeCodes(writer, packet.codes);
  return writer.finish(PacketType.suback << 4);
}
