import { existsSync, globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { parseModule } from '../syntax/module.ts';
import { type Import, importsOf } from './imports.ts';
import { type Impurity, impuritiesOf } from './impurities.ts';
import { zoneOf, zones } from './layers.ts';

/** The workspaces as the checks see them: packages, their modules, and what each specifier stands for. */

export interface Package {
  readonly name: string;
  /** Below the root, with slashes: `packages/tls`. */
  readonly folder: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: ReadonlySet<string>;
}

export interface Module {
  readonly package: Package;
  /** Below the root, with slashes. */
  readonly path: string;
  /** `undefined` for a test, which may load anything that is declared. */
  readonly zone: string | undefined;
  readonly imports: readonly Import[];
  readonly impurities: readonly Impurity[];
}

export interface Tree {
  readonly root: string;
  readonly packages: readonly Package[];
  readonly modules: ReadonlyMap<string, Module>;
  /** What the root's package.json offers to tests and tools. */
  readonly rootDependencies: ReadonlySet<string>;
}

export type Target =
  | { readonly kind: 'module'; readonly path: string }
  | { readonly kind: 'builtin'; readonly name: string }
  | { readonly kind: 'third-party'; readonly name: string }
  /** A path on the server that a page came from. */
  | { readonly kind: 'served'; readonly path: string }
  | { readonly kind: 'unknown'; readonly why: string };

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export function loadTree(root: string): Tree {
  const packages = globSync(
    ['packages/*/package.json', 'examples/*/package.json', 'conformance/package.json', 'bench/package.json'],
    {
      cwd: root,
    },
  )
    .map((path) => loadPackage(root, posix.dirname(path)))
    .sort((a, b) => a.folder.localeCompare(b.folder));
  const modules = new Map<string, Module>();
  for (const each of packages) {
    for (const path of globSync(`${each.folder}/**/*.{ts,mts,cts,js,mjs,cjs}`, { cwd: root, exclude: isNotSource })) {
      modules.set(path, loadModule(root, each, path));
    }
  }
  return { root, packages, modules, rootDependencies: declaredBy(readManifest(join(root, 'package.json'))) };
}

function isNotSource(path: string): boolean {
  return /(^|\/)(node_modules|testdata|dist)(\/|$)/.test(path);
}

function loadPackage(root: string, folder: string): Package {
  const manifest = readManifest(join(root, folder, 'package.json'));
  return { name: manifest.name, folder, exports: manifest.exports ?? {}, dependencies: declaredBy(manifest) };
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

function declaredBy({ dependencies, devDependencies, optionalDependencies }: Manifest): ReadonlySet<string> {
  return new Set(Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }));
}

function loadModule(root: string, owner: Package, path: string): Module {
  const module = parseModule(path, readFileSync(join(root, path), 'utf8'));
  const inside = path.slice(owner.folder.length + 1);
  return {
    package: owner,
    path,
    zone: inside.startsWith('test/') ? undefined : zoneOf(owner.folder, inside),
    imports: importsOf(module),
    impurities: impuritiesOf(module),
  };
}

/** What `specifier`, written in `from`, stands for. */
export function targetOf(tree: Tree, from: Module, specifier: string): Target {
  if (specifier.startsWith('.')) return relativeTarget(tree, from, specifier);
  if (specifier.startsWith('/')) return { kind: 'served', path: specifier };
  if (isBuiltin(specifier))
    return { kind: 'builtin', name: specifier.startsWith('node:') ? specifier : `node:${specifier}` };
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const owner = tree.packages.find((each) => each.name === name);
  if (owner === undefined) {
    return /^[@a-z]/.test(name)
      ? { kind: 'third-party', name }
      : { kind: 'unknown', why: 'neither a path nor a package' };
  }
  const exported = owner.exports[`.${specifier.slice(name.length)}`];
  if (exported === undefined) return { kind: 'unknown', why: `${name} does not export it` };
  return existing(tree, posix.join(owner.folder, exported), specifier);
}

function relativeTarget(tree: Tree, from: Module, specifier: string): Target {
  const path = posix.join(posix.dirname(from.path), specifier);
  if (!path.startsWith(`${from.package.folder}/`) && !reachesInside(from))
    return { kind: 'unknown', why: 'reaches out of its package by path' };
  return existing(tree, path, specifier);
}

/** A test of conformance reaches as far as what it tests. */
function reachesInside(from: Module): boolean {
  return zones[from.zone ?? zoneOf(from.package.folder, '')]?.reachesInside === true;
}

function existing(tree: Tree, path: string, specifier: string): Target {
  if (tree.modules.has(path)) return { kind: 'module', path };
  if (path.endsWith('.json') && existsSync(join(tree.root, path))) return { kind: 'module', path };
  return { kind: 'unknown', why: `${specifier} leads to no module` };
}

/** The folder of an installed package, looked up as Node does it, from `start` upward. */
export function installedFolder(start: string, name: string): string | undefined {
  for (let at = start; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (at === dirname(at)) return undefined;
  }
}
