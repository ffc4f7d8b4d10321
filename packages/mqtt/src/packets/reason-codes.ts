import { FILTERS_MAX } from '../limits.ts';
import type { PacketReader } from '../reader.ts';
import type { PacketWriter } from '../writer.ts';

/** The codes that end SUBACK and UNSUBACK: one for each filter that was sent, and no more filters are ever sent. */
export function readCodes(reader: PacketReader): readonly number[] {
  if (reader.remaining === 0) throw reader.fault('no-entries', 'no reason code');
  if (reader.remaining > FILTERS_MAX) throw reader.fault('too-many', `more than ${FILTERS_MAX} reason codes`);
  return [...reader.rest()];
}

export function writeCodes(writer: PacketWriter, codes: readonly number[]): void {
  if (codes.length === 0) throw new RangeError('no reason code');
  for (const code of codes) writer.u8(code);
}
