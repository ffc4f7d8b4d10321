import { commands, type ObjectName, READ_MAX } from '@keystile/link';
import type { Part } from './part.ts';

/** A whole public object of the part, in memory of its own. Throws the part's refusal. */
export async function readObject(part: Part, object: ObjectName): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let offset = 0;
  let total: number;
  do {
    const piece = await part.call(commands.read, { object, offset, lengthMax: READ_MAX });
    pieces.push(piece.bytes.slice());
    offset += piece.bytes.length;
    total = piece.bytes.length === 0 ? offset : piece.length;
  } while (offset < total);
  return Buffer.concat(pieces);
}
