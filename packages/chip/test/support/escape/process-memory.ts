import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/**
 * All that another process could have written to, read while it stands still: heap, buffers, OpenSSL's memory, stacks. A
 * heap snapshot of V8 shows neither of the middle two. Nine in ten pages of a Node process were reserved and never
 * touched; the kernel says which (proc_pid_pagemap(5)), and they are not read.
 */
const PIECE = 1 << 24;
/** Of the piece before, so that nothing is missed where two meet. */
const OVERLAP = 64;
const PAGE = 4096;
const PAGEMAP_ENTRY = 8;
/** Bits 63 and 62, of the last byte: in memory, or swapped out. */
const IN_USE = 0xc0;

export interface MemoryRead {
  readonly mappings: number;
  readonly bytes: number;
}

/** Gives each piece of each writable mapping to `look`; the piece is overwritten by the next. */
export function readWritableMemory(pid: number, look: (piece: Uint8Array) => void): MemoryRead {
  process.kill(pid, 'SIGSTOP');
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const pagemap = openSync(`/proc/${pid}/pagemap`, 'r');
  try {
    const mappings = writableMappings(pid);
    const piece = Buffer.allocUnsafe(PIECE);
    let bytes = 0;
    for (const range of mappings.flatMap((mapping) => pagesInUse(pagemap, mapping))) {
      for (let at = range.from; at < range.to; at += PIECE - OVERLAP) {
        const read = readSync(memory, piece, 0, Math.min(PIECE, range.to - at), at);
        look(piece.subarray(0, read));
        bytes += read;
      }
    }
    return { mappings: mappings.length, bytes };
  } finally {
    closeSync(memory);
    closeSync(pagemap);
    process.kill(pid, 'SIGCONT');
  }
}

/** Why the memory of a child cannot be read here; undefined when it can. */
export function memoryIsClosed(pid: number): string | undefined {
  try {
    for (const file of ['mem', 'pagemap']) closeSync(openSync(`/proc/${pid}/${file}`, 'r'));
    return undefined;
  } catch (error) {
    return `the memory of another process cannot be read here (${(error as NodeJS.ErrnoException).code})`;
  }
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Lines such as `7f5c00000000-7f5c00021000 rw-p 00000000 00:00 0 [heap]`. */
function writableMappings(pid: number): readonly Range[] {
  return readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      if (from === undefined || to === undefined) return [];
      return [{ from: Number.parseInt(from, 16), to: Number.parseInt(to, 16) }];
    });
}

/** Runs of pages that hold something. */
function pagesInUse(pagemap: number, { from, to }: Range): readonly Range[] {
  const entries = Buffer.alloc(((to - from) / PAGE) * PAGEMAP_ENTRY);
  const length = readSync(pagemap, entries, 0, entries.length, (from / PAGE) * PAGEMAP_ENTRY);
  if (length !== entries.length) throw new RangeError(`${length} of ${entries.length} bytes of a page map`);
  const runs: Range[] = [];
  let start: number | undefined;
  for (let page = from, at = PAGEMAP_ENTRY - 1; page <= to; page += PAGE, at += PAGEMAP_ENTRY) {
    const isInUse = page < to && ((entries[at] ?? 0) & IN_USE) !== 0;
    if (isInUse) start ??= page;
    else if (start !== undefined) {
      runs.push({ from: start, to: page });
      start = undefined;
    }
  }
  return runs;
}
