import { closeSync, constants, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { KeystileError } from '@keystile/errors';
import { type TamperCause, tamperCauses } from '../memory/fuse.ts';

/**
 * The latch that a board keeps alive by a battery: it remembers a tamper event from when the part had no power. Of a
 * virtual part it is a file beside the fuse file, outside the memory's folder; whoever plays the drill writes it, the part
 * only reads it. It holds the name of the cause.
 */
export function tamperLatchPath(fuseFile: string): string {
  return `${fuseFile}.latch`;
}

/** Sets the latch of a part that has no power. The first cause stays. Throws `KS-C136`. */
export function latchTamperWithoutPower(fuseFile: string, cause: TamperCause): void {
  const path = tamperLatchPath(fuseFile);
  if (readTamperLatch(fuseFile) !== undefined) return;
  attempt(path, () => {
    const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_DSYNC, 0o600);
    try {
      writeSync(descriptor, `${cause}\n`);
    } finally {
      closeSync(descriptor);
    }
  });
}

/** The cause, or undefined when nothing has happened. What does not read as a cause is an event all the same. */
export function readTamperLatch(fuseFile: string): TamperCause | undefined {
  const path = tamperLatchPath(fuseFile);
  const said = attempt(path, () =>
    statSync(path, { throwIfNoEntry: false }) === undefined ? '' : readFileSync(path, 'utf8').trim(),
  );
  return said === '' ? undefined : (tamperCauses.find((cause) => cause === said) ?? 'pin');
}

function attempt<T>(path: string, operation: () => T): T {
  try {
    return operation();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KeystileError('KS-C136', `${path}: ${reason}`, { cause });
  }
}
