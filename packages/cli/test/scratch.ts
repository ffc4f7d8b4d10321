/** A folder of its own for a test, short enough for the sockets below it, and gone after the test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type HomePaths, homePaths } from '../src/home/paths.ts';

export async function scratchFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'keystile-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Paths of a home that does not exist yet. */
export async function scratchHome(t: TestContext): Promise<HomePaths> {
  return homePaths(join(await scratchFolder(t), 'home'));
}
