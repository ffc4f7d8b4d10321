import { NO_PROPERTIES, type Properties, readProperties, writeProperties } from '../properties.ts';
import { PacketType, type ProtocolVersion } from '../protocol.ts';
import type { PacketReader } from '../reader.ts';
import { isReasonOf, Reason, type ReasonCode } from '../reason-code.ts';
import { PacketWriter } from '../writer.ts';

/** DISCONNECT (§3.14). Versions 3 and 4 have it from client to server only, without a reason. */
export interface DisconnectPacket {
  readonly kind: 'disconnect';
  readonly reason: ReasonCode;
  readonly properties: Properties;
}

/**
 * A client that gives a reason which is a server's to give still disconnects: only what would be acted on is refused, the
 * other way round too. A server's DISCONNECT changes no expiry [MQTT-3.14.2-2] and asks for no will (§3.14.2.1).
 */
export function readDisconnect(reader: PacketReader, fromClient: boolean): DisconnectPacket {
  if (reader.context.version !== 5) {
    reader.end();
    return { kind: 'disconnect', reason: Reason.success, properties: NO_PROPERTIES };
  }
  const reason = reader.remaining === 0 ? Reason.success : reader.u8();
  if (!isReasonOf('disconnect', reason) || (!fromClient && reason === Reason.disconnectWithWill)) {
    throw reader.fault('reason-code', `reason 0x${reason.toString(16)} is not for disconnect`);
  }
  const properties = reader.remaining === 0 ? NO_PROPERTIES : readProperties(reader, 'disconnect');
  reader.end();
  if (!fromClient && properties.sessionExpiryInterval !== undefined) {
    throw reader.fault('property-not-allowed', 'a server sends no session expiry interval [MQTT-3.14.2-2]');
  }
  return { kind: 'disconnect', reason, properties };
}

export function writeDisconnect(packet: DisconnectPacket, version: ProtocolVersion): Uint8Array {
  const writer = new PacketWriter(4);
  const bare = packet.properties === NO_PROPERTIES;
  if (version === 5 && !(bare && packet.reason === Reason.success)) {
    writer.u8(packet.reason);
    if (!bare) writeProperties(writer, 'disconnect', packet.properties);
  }
  return writer.finish(PacketType.disconnect << 4);
}
