import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 10;

/** Waits until something holds, and fails with what it is when it never does. */
export async function until(holds: () => boolean, what: () => string, patienceMs = 5000): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (!holds()) {
    if (performance.now() > endMs) assert.fail(`after ${patienceMs} ms: ${what()}`);
    await sleep(LOOK_MS);
  }
}
