import { NO_PROPERTIES, type Properties, readProperties, writeProperties } from '../properties.ts';
import { PacketType, type ProtocolVersion } from '../protocol.ts';
import type { PacketReader } from '../reader.ts';
import { isReasonOf } from '../reason-code.ts';
import type { PacketId } from '../topic.ts';
import { PacketWriter } from '../writer.ts';
import { readPacketId } from './packet-id.ts';
import { readCodes, writeCodes } from './reason-codes.ts';

/** UNSUBACK (§3.11): one code for each filter in version 5, none before. */
export interface UnsubackPacket {
  readonly kind: 'unsuback';
  readonly packetId: PacketId;
  readonly codes: readonly number[];
  readonly properties: Properties;
}

export function readUnsuback(reader: PacketReader): UnsubackPacket {
  const packetId = readPacketId(reader);
  if (reader.context.version !== 5) {
    reader.end();
    return { kind: 'unsuback', packetId, codes: [], properties: NO_PROPERTIES };
  }
  const properties = readProperties(reader, 'unsuback');
  const codes = readCodes(reader);
  for (const code of codes) {
    if (!isReasonOf('unsuback', code))
      throw reader.fault('reason-code', `reason 0x${code.toString(16)} is not for unsuback`);
  }
  return { kind: 'unsuback', packetId, codes, properties };
}

export function writeUnsuback(packet: UnsubackPacket, version: ProtocolVersion): Uint8Array {
  const writer = new PacketWriter(4 + packet.codes.length).u16(packet.packetId);
  if (version === 5) {
    writeProperties(writer, 'unsuback', packet.properties);
    writeCodes(writer, packet.codes);
  }
  return writer.finish(PacketType.unsuback << 4);
}
