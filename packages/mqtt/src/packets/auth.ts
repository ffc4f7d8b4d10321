import { NO_PROPERTIES, type Properties, readProperties, writeProperties } from '../properties.ts';
import { PacketType } from '../protocol.ts';
import type { PacketReader } from '../reader.ts';
import { isReasonOf, Reason, type ReasonCode } from '../reason-code.ts';
import { PacketWriter } from '../writer.ts';

/** AUTH (§3.15), version 5 only. */
export interface AuthPacket {
  readonly kind: 'auth';
  readonly reason: ReasonCode;
  readonly properties: Properties;
}

export function readAuth(reader: PacketReader): AuthPacket {
  const reason = reader.remaining === 0 ? Reason.success : reader.u8();
  if (!isReasonOf('auth', reason)) throw reader.fault('reason-code', `reason 0x${reason.toString(16)} is not for auth`);
  const properties = reader.remaining === 0 ? NO_PROPERTIES : readProperties(reader, 'auth');
  reader.end();
  return { kind: 'auth', reason, properties };
}

export function writeAuth(packet: AuthPacket): Uint8Array {
  const writer = new PacketWriter(16);
  const bare = packet.properties === NO_PROPERTIES;
  if (!(bare && packet.reason === Reason.success)) {
    writer.u8(packet.reason);
    if (!bare) writeProperties(writer, 'auth', packet.properties);
  }
  return writer.finish(PacketType.auth << 4);
}
