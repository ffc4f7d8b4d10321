import type { ProtocolVersion } from '../protocol.ts';
import type { PacketReader } from '../reader.ts';
import { type Acknowledgement, readAcknowledgement, writeAcknowledgement } from './acknowledgement.ts';

/** PUBACK (§3.4). */
export type PubackPacket = Acknowledgement<'puback'>;

export function readPuback(reader: PacketReader): PubackPacket {
  return readAcknowledgement(reader, 'puback');
}

export function writePuback(packet: PubackPacket, version: ProtocolVersion): Uint8Array {
  return writeAcknowledgement(packet, version);
}
