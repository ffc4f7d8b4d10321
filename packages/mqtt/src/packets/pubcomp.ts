import type { ProtocolVersion } from '../protocol.ts';
import type { PacketReader } from '../reader.ts';
import { type Acknowledgement, readAcknowledgement, writeAcknowledgement } from './acknowledgement.ts';

/** PUBCOMP (§3.7). */
export type PubcompPacket = Acknowledgement<'pubcomp'>;

export function readPubcomp(reader: PacketReader): PubcompPacket {
  return readAcknowledgement(reader, 'pubcomp');
}

export function writePubcomp(packet: PubcompPacket, version: ProtocolVersion): Uint8Array {
  return writeAcknowledgement(packet, version);
}
