/** Makes a home folder, and marks it as complete at the end. It does not know what lies in between. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KeystileError } from '@keystile/errors';
import type { HomeRecord } from './inspect.ts';
import type { HomePaths } from './paths.ts';

const MARKER_TEXT = `This folder is the state of a Keystile installation: private keys, certificates and the memory of a
virtual secure IC. Only its owner should be able to read it. Remove it with: keystile reset
`;

/** The folder alone, so that a lock can be taken in it. */
export async function makeHomeFolder(paths: HomePaths): Promise<void> {
  await guarded(paths.home, async () => {
    await mkdir(paths.home, { recursive: true, mode: 0o700 });
    await chmod(paths.home, 0o700);
  });
}

/** Marks the folder as Keystile's before anything else is written into it. */
export async function markHome(paths: HomePaths): Promise<void> {
  await guarded(paths.home, async () => {
    await writeFile(paths.marker, MARKER_TEXT, { mode: 0o600 });
    for (const folder of [paths.parts, paths.run, paths.device, paths.broker, paths.operator]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    }
  });
}

/** The last step of the first start: from here on the home is complete. */
export async function writeRecord(paths: HomePaths, record: HomeRecord): Promise<void> {
  await writeWhole(paths.record, `${JSON.stringify(record, undefined, 2)}\n`);
}

/** All of the file or none of it, also across a power cut. Mode 0600. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await guarded(path, async () => {
    const fresh = `${path}.${randomBytes(4).toString('hex')}.tmp`;
    const file = await open(fresh, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
    const folder = await open(dirname(path), 'r');
    await folder.sync().finally(() => folder.close());
  });
}

async function guarded(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new KeystileError('KS-U122', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
