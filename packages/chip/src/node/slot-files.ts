import { closeSync, constants, openSync, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { KeystileError } from '@keystile/errors';
import { FUSE_RECORD_LENGTH } from '../memory/fuse.ts';
import type { Slot, SlotStorage } from '../ports.ts';

/**
 * The memory and the fuses of a virtual part as files of mode 0600.
 *
 * Writes go through O_DSYNC: they are on the disk when they return, and under Node's permission model, which refuses
 * fsync, they work. A slot is written in place: the other one holds the current version, so nothing can be lost.
 */
const OWNER_ONLY = 0o600;
const FOR_OTHERS = 0o077;

/** Two files in a folder: `snapshot.0` and `snapshot.1`. */
export function nvmFolder(folder: string): SlotStorage {
  const path = (slot: Slot): string => join(folder, `snapshot.${slot}`);
  return {
    read: (slot) => attempt(path(slot), () => readFileIfThere(path(slot))),
    write: (slot, bytes) => attempt(path(slot), () => writeDurably(path(slot), bytes, { at: 0, truncate: true })),
  };
}

/** One file with two records, one behind the other. */
export function fuseFile(path: string): SlotStorage {
  return {
    read: (slot) => attempt(path, () => readPiece(path, slot * FUSE_RECORD_LENGTH)),
    write: (slot, bytes) =>
      attempt(path, () => writeDurably(path, bytes, { at: slot * FUSE_RECORD_LENGTH, truncate: false })),
  };
}

/** Throws `KS-C137` when the group or others may open what exists at `path`. */
export function demandPrivate(path: string): void {
  const found = attempt(path, () => statSync(path, { throwIfNoEntry: false }));
  if (found === undefined || (found.mode & FOR_OTHERS) === 0) return;
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
  throw new KeystileError('KS-C137', `${path} has mode ${mode}`);
}

function readFileIfThere(path: string): Uint8Array | undefined {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  return new Uint8Array(readFileSync(path));
}

/** Undefined when the file ends before the piece begins; shorter when a write was cut. */
function readPiece(path: string, at: number): Uint8Array | undefined {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const descriptor = openSync(path, constants.O_RDONLY);
  try {
    const bytes = new Uint8Array(FUSE_RECORD_LENGTH);
    const length = readSync(descriptor, bytes, 0, bytes.length, at);
    return length === 0 ? undefined : bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

function writeDurably(path: string, bytes: Uint8Array, { at, truncate }: { at: number; truncate: boolean }): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_DSYNC | (truncate ? constants.O_TRUNC : 0);
  const descriptor = openSync(path, flags, OWNER_ONLY);
  try {
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(descriptor, bytes, written, bytes.length - written, at + written);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** What the operating system refuses becomes `KS-C136`. */
function attempt<T>(path: string, operation: () => T): T {
  try {
    return operation();
  } catch (cause) {
    if (cause instanceof KeystileError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KeystileError('KS-C136', `${path}: ${reason}`, { cause });
  }
}
