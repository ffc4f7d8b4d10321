/**
 * The optional packages of other platforms that a lock file fails to name.
 *
 * npm writes a platform's package into the lock file only when the registry in use has it. Where a registry carries a
 * selection, entries are missing, and npm 11's `npm ci` then refuses the whole file ("Missing: … from lock file"),
 * although nothing that this machine needs is absent. This module finds the gaps and makes the entries: version,
 * `optional`, `os`, `cpu`. It does not talk to a registry and knows no checksum of a package it has never seen.
 */

export interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[] | string;
  readonly cpu?: readonly string[] | string;
  readonly libc?: readonly string[];
  readonly resolved?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export type LockedPackages = Readonly<Record<string, LockEntry>>;

const OPERATING_SYSTEMS = new Set('aix android darwin freebsd linux netbsd openbsd openharmony sunos win32'.split(' '));
const PROCESSORS = new Set('arm arm64 ia32 loong64 mips64el ppc64 riscv64 s390x wasm32 x64'.split(' '));
const C_LIBRARIES: Readonly<Record<string, string>> = {
  gnu: 'glibc',
  gnueabihf: 'glibc',
  musl: 'musl',
  musleabihf: 'musl',
};

/** Entries to add, by their place in the lock file. Throws when a name does not tell its platform. */
export function missingEntries(packages: LockedPackages): Record<string, LockEntry> {
  const added: Record<string, LockEntry> = {};
  for (const [parent, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (places(parent, name).some((place) => place in packages)) continue;
      added[freePlace(added, { parent, name, version })] = platformEntry({ name, version, dev: entry.dev === true });
    }
  }
  return added;
}

/** Where Node would look for `name` from `parent`, nearest first. */
function places(parent: string, name: string): string[] {
  const found: string[] = [];
  for (let folder = parent; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    if (!folder.endsWith('node_modules'))
      found.push(folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`);
    if (folder === '') return found;
  }
}

/** The top of the tree, unless another version of the same package was put there a moment ago. */
function freePlace(
  added: Record<string, LockEntry>,
  wanted: { parent: string; name: string; version: string },
): string {
  const top = `node_modules/${wanted.name}`;
  const holder = added[top];
  return holder === undefined || holder.version === wanted.version
    ? top
    : `${wanted.parent}/node_modules/${wanted.name}`;
}

function platformEntry(wanted: { name: string; version: string; dev: boolean }): LockEntry {
  const words = wanted.name.split(/[/-]/);
  const os = words.find((word) => OPERATING_SYSTEMS.has(word));
  const cpu = words.find((word) => PROCESSORS.has(word));
  if (os === undefined || cpu === undefined || !/^\d+\.\d+\.\d+/.test(wanted.version)) {
    throw new Error(`${wanted.name}@${wanted.version} is missing from the lock file and its name tells no platform`);
  }
  const libc = words.map((word) => C_LIBRARIES[word]).find((name) => name !== undefined);
  return {
    version: wanted.version,
    cpu: [cpu],
    ...(wanted.dev ? { dev: true } : {}),
    ...(libc === undefined ? {} : { libc: [libc] }),
    optional: true,
    os: [os],
  };
}
