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

export function readAuth(reader: PacketReader, fromClient: boolean): AuthPacket {
  // Both parts may be left out, but only together (§3.15.2.1).
  const isBare = reader.remaining === 0;
  const reason = isBare ? Reason.success : reader.u8();
  // Success is the server's word, re-authentication the client's wish (§3.15.2.1).
  const wrongWay = reason === (fromClient ? Reason.success : Reason.reAuthenticate);
  if (wrongWay || !isReasonOf('auth', reason)) {
    throw reader.fault('reason-code', `reason 0x${reason.toString(16)} is not for auth in this direction`);
  }
  const properties = isBare ? NO_PROPERTIES : readProperties(reader, 'auth');
  reader.end();
  if (!isBare && properties.authenticationMethod === undefined) {
    throw reader.fault('property-missing', 'no authentication method (§3.15.2.2.2)');
  }
  return { kind: 'auth', reason, properties };
}

export function writeAuth(packet: AuthPacket): Uint8Array {
  const writer = new PacketWriter(16);
  if (packet.properties !== NO_PROPERTIES || packet.reason !== Reason.success) {
    if (packet.properties.authenticationMethod === undefined) throw new RangeError('an AUTH needs a method');
    writeProperties(writer.u8(packet.reason), 'auth', packet.properties);
  }
  return writer.finish(PacketType.auth << 4);
}
