import { readFile, writeFile } from 'node:fs/promises';
import { type LockedPackages, missingEntries } from './platforms.ts';

/**
 * `node tools/lock/main.ts [--write]`: the lock file names every platform's optional packages and no registry host.
 * Without `--write` it only looks; a finding is exit code 1.
 */

interface LockFile {
  readonly packages: LockedPackages;
}

const path = new URL('../../package-lock.json', import.meta.url);
const lock = JSON.parse(await readFile(path, 'utf8')) as LockFile;
const missing = missingEntries(lock.packages);
const count = Object.keys(missing).length;

if (process.argv.includes('--write') && count > 0) {
  await writeFile(path, `${JSON.stringify({ ...lock, packages: merged(lock.packages, missing) }, null, 2)}\n`);
  process.stdout.write(`package-lock.json: ${count} entries of other platforms added\n`);
} else if (count > 0) {
  for (const place of Object.keys(missing)) process.stderr.write(`package-lock.json lacks ${place}\n`);
  process.stderr.write('npm 11 refuses such a file. Run: npm run lock\n');
  process.exitCode = 1;
}

for (const [place, entry] of Object.entries(lock.packages)) {
  if (!/^https?:/.test(entry.resolved ?? '')) continue;
  process.stderr.write(
    `package-lock.json names a registry host at ${place}; .npmrc has omit-lockfile-registry-resolved\n`,
  );
  process.exitCode = 1;
}

process.stdout.write(`${Object.keys(lock.packages).length} entries\n`);

/** npm keeps the entries sorted; a file in another order would change at its next run. */
function merged(present: LockedPackages, added: LockedPackages): LockedPackages {
  const entries = Object.entries({ ...present, ...added });
  return Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b, 'en')));
}
