import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PartPaths } from './part-paths.ts';
import { tamperLatchPath } from './tamper-latch.ts';

/** The packages of the part's run-time closure; `cborg` is the only one from a third party. */
const OWN_PACKAGES = ['bytes', 'chip', 'cose', 'errors', 'link', 'pki', 'tls'] as const;
const THIRD_PARTY = ['cborg'] as const;

/**
 * What the process of a virtual part may touch: its own memory, fuses and sockets, and its code, read-only. No child
 * process, worker, add-on, WASI or inspector. Sockets and signals Node does not restrict: the import walls and the
 * operating system do (SECURITY.md).
 */
export function permissionFlags(...parts: readonly PartPaths[]): readonly string[] {
  const writable = parts.flatMap((each) => [each.nvmFolder, each.fuseFile, each.busPath, each.controlPath]);
  const latches = parts.map(({ fuseFile }) => tamperLatchPath(fuseFile));
  return [
    '--permission',
    '--disable-sigusr1',
    ...[...codeFolders(), ...writable, ...latches].map((path) => `--allow-fs-read=${path}`),
    ...writable.map((path) => `--allow-fs-write=${path}`),
  ];
}

/** Where the code lies: the packages by their names in node_modules, and what those links point to. */
function codeFolders(): readonly string[] {
  const names = [...OWN_PACKAGES.map((name) => `@keystile/${name}`), ...THIRD_PARTY];
  const folders = names.flatMap((name) => {
    const installed = findInstalled(name);
    return [installed, realpathSync(installed)];
  });
  return [...new Set(folders)];
}

/** As Node looks for a package: in every node_modules from here to the root. */
function findInstalled(name: string): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) throw new TypeError(`the package ${name} is not installed`);
  }
}
