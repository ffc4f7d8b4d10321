/** Refuses to use a home whose secrets others could read. It looks at modes only, never into a file. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KeystileError } from '@keystile/errors';
import type { HomePaths } from './paths.ts';

/** Permissions of group and others. */
const OPEN_TO_OTHERS = 0o077;

/** Throws KS-U113 for the first folder or secret file with permissions for anybody but the owner. */
export async function refuseWideModes(paths: HomePaths): Promise<void> {
  await refuseWide(paths.home, 0o700);
  for (const folder of [paths.authority, paths.broker, paths.parts, paths.operator, paths.device]) {
    for (const file of await filesBelow(folder)) if (isSecret(file)) await refuseWide(file, 0o600);
  }
}

/** Private keys, the device's pairing, the part's fuse file and its sealed memory; certificates and public keys are for everybody. */
function isSecret(path: string): boolean {
  return (
    /(^|\/)key\.pem$|\/host-pairing\.json$/.test(path) ||
    /\/authority\/keys\/[^/]+\.pem$/.test(path) ||
    /\.fuse$|\/nvm\/[^/]+$/.test(path)
  );
}

async function refuseWide(path: string, wanted: number): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & OPEN_TO_OTHERS) === 0) return;
  const shown = (mode & 0o7777).toString(8).padStart(4, '0');
  throw new KeystileError('KS-U113', `${path} has mode ${shown}; chmod ${wanted.toString(8)} ${path}`);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
