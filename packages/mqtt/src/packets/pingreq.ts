import { PacketType } from '../protocol.ts';
import type { PacketReader } from '../reader.ts';
import { PacketWriter } from '../writer.ts';

/** PINGREQ (§3.12): a fixed header and nothing else. */
export interface PingreqPacket {
  readonly kind: 'pingreq';
}

export function readPingreq(reader: PacketReader): PingreqPacket {
  reader.end();
  return { kind: 'pingreq' };
}

export function writePingreq(): Uint8Array {
  return new PacketWriter(0).finish(PacketType.pingreq << 4);
}
