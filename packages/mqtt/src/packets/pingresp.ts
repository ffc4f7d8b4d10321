import { PacketType } from '../protocol.ts';
import type { PacketReader } from '../reader.ts';
import { PacketWriter } from '../writer.ts';

/** PINGRESP (§3.13): a fixed header and nothing else. */
export interface PingrespPacket {
  readonly kind: 'pingresp';
}

export function readPingresp(reader: PacketReader): PingrespPacket {
  reader.end();
  return { kind: 'pingresp' };
}

export function writePingresp(): Uint8Array {
  return new PacketWriter(0).finish(PacketType.pingresp << 4);
}
