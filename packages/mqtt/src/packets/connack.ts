import { NO_PROPERTIES, type Properties, readProperties, writeProperties } from '../properties.ts';
import { PacketType, type ProtocolVersion } from '../protocol.ts';
import type { PacketReader } from '../reader.ts';
import { isReasonOf, ReturnCode } from '../reason-code.ts';
import { PacketWriter } from '../writer.ts';

/** CONNACK (§3.2). */
export interface ConnackPacket {
  readonly kind: 'connack';
  readonly sessionPresent: boolean;
  /** A reason code in version 5, a return code in versions 3 and 4. */
  readonly code: number;
  readonly properties: Properties;
}

export function readConnack(reader: PacketReader): ConnackPacket {
  const { version } = reader.context;
  const flags = reader.u8();
  // MQTT 3.1 reserves this byte and has no session present flag.
  if (version !== 3 && flags > 1)
    throw reader.fault('reserved-flags', 'reserved acknowledge flags are set [MQTT-3.2.2-1]');
  const code = reader.u8();
  if (version === 5 ? !isReasonOf('connack', code) : code > ReturnCode.notAuthorized) {
    throw reader.fault('reason-code', `unknown code 0x${code.toString(16)}`);
  }
  const sessionPresent = version !== 3 && flags === 1;
  if (sessionPresent && code !== ReturnCode.accepted) {
    throw reader.fault('session-present', 'a refusal has no session present [MQTT-3.2.2-6]');
  }
  const properties = version === 5 ? readProperties(reader, 'connack') : NO_PROPERTIES;
  reader.end();
  return { kind: 'connack', sessionPresent, code, properties };
}

export function writeConnack(packet: ConnackPacket, version: ProtocolVersion): Uint8Array {
  const writer = new PacketWriter(16).u8(packet.sessionPresent ? 1 : 0).u8(packet.code);
  if (version === 5) writeProperties(writer, 'connack', packet.properties);
  return writer.finish(PacketType.connack << 4);
}
