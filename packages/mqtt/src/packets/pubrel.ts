import type { ProtocolVersion } from '../protocol.ts';
import type { PacketReader } from '../reader.ts';
import { type Acknowledgement, readAcknowledgement, writeAcknowledgement } from './acknowledgement.ts';

/** PUBREL (§3.6). */
export type PubrelPacket = Acknowledgement<'pubrel'>;

export function readPubrel(reader: PacketReader): PubrelPacket {
  return readAcknowledgement(reader, 'pubrel');
}

export function writePubrel(packet: PubrelPacket, version: ProtocolVersion): Uint8Array {
  return writeAcknowledgement(packet, version);
}
