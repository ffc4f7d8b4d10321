import type { InProcessPart } from '@keystile/testkit';
import { Fuses } from '../../src/memory/fuse.ts';
import { openSnapshot } from '../../src/memory/snapshot.ts';

/** Which keys each of the two generations on the storage holds, to whoever has read memory and fuses. */
export function keysInMemory(part: InProcessPart): readonly (readonly string[])[] {
  const fuses = Fuses.open(part.fuses);
  if (fuses === undefined) throw new TypeError('no fuses');
  return part.nvm.copy().map((bytes) => {
    const opened = openSnapshot(fuses.record, bytes ?? new Uint8Array(0));
    return opened.kind === 'whole' ? [...opened.state.keys.keys()] : [];
  });
}
