import { NO_PROPERTIES, type Properties, readProperties, writeProperties } from '../properties.ts';
import { PacketType, type ProtocolVersion } from '../protocol.ts';
import type { PacketReader } from '../reader.ts';
import { isReasonOf } from '../reason-code.ts';
import { PacketWriter } from '../writer.ts';

/** CONNACK (§3.2). */
export interface ConnackPacket {
  readonly kind: 'connack';
  readonly sessionPresent: boolean;
  /** A reason code in version 5, a return code in versions 3 and 4. */
  readonly code: number;
  readonly properties: Properties;
}

/** The highest return code of MQTT 3.1.1. */
const RETURN_CODE_MAX = 5;

export function readConnack(reader: PacketReader): ConnackPacket {
  const { version } = reader.context;
  const flags = reader.u8();
  if (flags > 1) throw reader.fault('reserved-flags', 'reserved acknowledge flags are set [MQTT-3.2.2-1]');
  const code = reader.u8();
  if (version === 5 ? !isReasonOf('connack', code) : code > RETURN_CODE_MAX) {
    throw reader.fault('reason-code', `unknown code 0x${code.toString(16)}`);
  }
  const properties = version === 5 ? readProperties(reader, 'connack') : NO_PROPERTIES;
  reader.end();
  return { kind: 'connack', sessionPresent: flags === 1, code, properties };
}

export function writeConnack(packet: ConnackPacket, version: ProtocolVersion): Uint8Array {
  const writer = new PacketWriter(16).u8(packet.sessionPresent ? 1 : 0).u8(packet.code);
  if (version === 5) writeProperties(writer, 'connack', packet.properties);
  return writer.finish(PacketType.connack << 4);
}
