import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What the engine makes once, whenever it likes: compiled code, tables, blocks of memory. */
export const MADE_ONCE: number = 1024 * 1024;

/** Bytes that are reachable: objects, and the memory of buffers beside them. */
export function reachableBytes(): number {
  // What the first collection finalises is free only after the second.
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
