import type { ProtocolVersion } from '../protocol.ts';
import type { PacketReader } from '../reader.ts';
import { type Acknowledgement, readAcknowledgement, writeAcknowledgement } from './acknowledgement.ts';

/** PUBREC (§3.5). */
export type PubrecPacket = Acknowledgement<'pubrec'>;

export function readPubrec(reader: PacketReader): PubrecPacket {
  return readAcknowledgement(reader, 'pubrec');
}

export function writePubrec(packet: PubrecPacket, version: ProtocolVersion): Uint8Array {
  return writeAcknowledgement(packet, version);
}
