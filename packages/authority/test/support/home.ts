import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createFleet, ensureCredentials, type Fleet } from '../../src/index.ts';
import { authorityFolder } from '../../src/state/layout.ts';

/** A home folder of its own for one test, removed after it. */
export async function temporaryHome(context: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'ks-authority-'));
  context.after(() => rm(home, { recursive: true, force: true }));
  return home;
}

/** A home with a fleet `home` and every certificate, at the time of `now`. */
export async function homeWithFleet(
  context: TestContext,
  now: () => number = Date.now,
): Promise<{ home: string; fleet: Fleet }> {
  const home = await temporaryHome(context);
  const fleet = await createFleet({ folder: authorityFolder(home), name: 'home', now });
  await ensureCredentials({ fleet, home, nowMs: now() });
  return { home, fleet };
}

/** A clock that only the test moves. */
export class TestClock {
  ms: number;

  constructor(ms: number = Date.parse('2026-11-23T12:00:00Z')) {
    this.ms = ms;
  }

  readonly now = (): number => this.ms;
}
