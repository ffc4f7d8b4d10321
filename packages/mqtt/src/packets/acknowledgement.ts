import { NO_PROPERTIES, type Properties, readProperties, writeProperties } from '../properties.ts';
import { PacketType, type ProtocolVersion } from '../protocol.ts';
import type { PacketReader } from '../reader.ts';
import { isReasonOf, Reason, type ReasonCode } from '../reason-code.ts';
import type { PacketId } from '../topic.ts';
import { PacketWriter } from '../writer.ts';
import { readPacketId } from './packet-id.ts';

/** The layout that PUBACK, PUBREC, PUBREL and PUBCOMP share (§3.4 to §3.7). */
export interface Acknowledgement<Kind extends AcknowledgementKind> {
  readonly kind: Kind;
  readonly packetId: PacketId;
  /** Always `success` in versions 3 and 4, which have no reason here. */
  readonly reason: ReasonCode;
  readonly properties: Properties;
}

type AcknowledgementKind = 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';

export function readAcknowledgement<Kind extends AcknowledgementKind>(
  reader: PacketReader,
  kind: Kind,
): Acknowledgement<Kind> {
  const packetId = readPacketId(reader);
  if (reader.context.version !== 5) {
    reader.end();
    return { kind, packetId, reason: Reason.success, properties: NO_PROPERTIES };
  }
  // Reason code and properties may be left out from the end (§3.4.2.1, §3.4.2.2.1).
  if (reader.remaining === 0) return { kind, packetId, reason: Reason.success, properties: NO_PROPERTIES };
  const reason = reader.u8();
  if (!isReasonOf(kind, reason))
    throw reader.fault('reason-code', `reason 0x${reason.toString(16)} is not for ${kind}`);
  const properties = reader.remaining === 0 ? NO_PROPERTIES : readProperties(reader, kind);
  reader.end();
  return { kind, packetId, reason, properties };
}

export function writeAcknowledgement(
  packet: Acknowledgement<AcknowledgementKind>,
  version: ProtocolVersion,
): Uint8Array {
  const writer = new PacketWriter(4).u16(packet.packetId);
  const bare = packet.properties === NO_PROPERTIES;
  if (version === 5 && !(bare && packet.reason === Reason.success)) {
    writer.u8(packet.reason);
    if (!bare) writeProperties(writer, packet.kind, packet.properties);
  }
  return writer.finish((PacketType[packet.kind] << 4) | (packet.kind === 'pubrel' ? 2 : 0));
}
