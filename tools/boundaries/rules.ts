import type { Import } from './imports.ts';
import { samePackage, type Zone, zones } from './layers.ts';
import { type Module, type Target, type Tree, targetOf } from './tree.ts';

/** Judges every module of a tree against the map in `layers.ts`. */

export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

export function violations(tree: Tree): Violation[] {
  return [...emptyPackages(tree), ...[...tree.modules.values()].flatMap((module) => moduleViolations(tree, module))];
}

/** A check that saw nothing of a package would pass for ever. */
function emptyPackages(tree: Tree): Violation[] {
  const seen = new Set([...tree.modules.values()].filter((module) => module.zone !== undefined).map((m) => m.package));
  return tree.packages
    .filter((each) => !seen.has(each))
    .map((each) => ({ path: `${each.folder}/package.json`, line: 1, message: 'the package has no module' }));
}

function moduleViolations(tree: Tree, module: Module): Violation[] {
  const zone = module.zone === undefined ? undefined : zones[module.zone];
  if (module.zone !== undefined && zone === undefined) {
    const message = `${module.zone} has no place in tools/boundaries/layers.ts`;
    return [{ path: module.path, line: 1, message }];
  }
  const found: Violation[] = module.imports.flatMap((each) =>
    reasons(tree, module, each).map((message) => ({ path: module.path, line: each.line, message })),
  );
  if (zone?.pure !== true) return found;
  const impure = module.impurities.map(({ what, line }) => ({
    path: module.path,
    line,
    message: `${module.zone} is pure and takes what ${what} gives as a parameter`,
  }));
  return [...found, ...impure];
}

function reasons(tree: Tree, module: Module, use: Import): string[] {
  const zone = module.zone === undefined ? undefined : zones[module.zone];
  const reason = unreadable(zone, use);
  if (reason !== undefined) return [reason];
  if (use.specifier === undefined) return [];
  const target = targetOf(tree, module, use.specifier);
  // Only conformance gets out of its package by a relative path; that is a place in this tree, not a dependency.
  const found = use.specifier.startsWith('.') ? [] : [undeclared(tree, module, target)];
  if (zone !== undefined && module.zone !== undefined)
    found.push(refused(tree, { name: module.zone, ...zone }, target));
  return found.filter((each) => each !== undefined);
}

/** Forms whose target cannot be read here. A test may use them. */
function unreadable(zone: Zone | undefined, use: Import): string | undefined {
  if (zone === undefined || zone.reachesInside === true) return undefined;
  if (use.kind === 'require' || use.kind === 'loader')
    return 'loads by require, createRequire, getBuiltinModule or eval';
  if (use.kind !== 'dynamic') return undefined;
  if (use.specifier === undefined) return 'imports a name that is computed at run time';
  return zone.dynamic === true ? undefined : 'uses import() in a walled package';
}

function undeclared(tree: Tree, module: Module, target: Target): string | undefined {
  const name = packageOf(tree, target);
  if (name === undefined || name === module.package.name || module.package.dependencies.has(name)) return undefined;
  const isTest = module.zone === undefined;
  const isOurs = tree.packages.some((each) => each.name === name);
  if (isTest && (isOurs || tree.rootDependencies.has(name))) return undefined;
  return `${name} is not in ${module.package.folder}/package.json`;
}

function packageOf(tree: Tree, target: Target): string | undefined {
  if (target.kind === 'third-party') return target.name;
  return target.kind === 'module' ? ownerOf(tree, target.path) : undefined;
}

function ownerOf(tree: Tree, path: string): string | undefined {
  return tree.packages.find((each) => path.startsWith(`${each.folder}/`))?.name;
}

function refused(tree: Tree, from: Zone & { readonly name: string }, target: Target): string | undefined {
  switch (target.kind) {
    case 'unknown':
      return target.why;
    case 'served':
      return from.browser === true ? undefined : `${from.name} loads ${target.path} by an absolute path`;
    case 'builtin':
      return builtinRefused(from, target.name);
    case 'third-party':
      if (from.never?.includes(target.name)) return `${from.name} never loads ${target.name}`;
      if (from.thirdParty === undefined || from.thirdParty.includes(target.name)) return undefined;
      return `${from.name} loads no third-party package ${target.name}`;
    case 'module':
      return zoneRefused(from, tree.modules.get(target.path)?.zone);
  }
}

/** `node:fs/promises` is `node:fs`, also to a list that names only the latter. */
function builtinRefused(from: Zone & { readonly name: string }, name: string): string | undefined {
  const family = name.split('/')[0] ?? name;
  if (from.never?.includes(family)) return `${from.name} never loads ${name}`;
  return from.builtins === undefined || from.builtins.includes(name) ? undefined : `${from.name} does not load ${name}`;
}

function zoneRefused(from: Zone & { readonly name: string }, to: string | undefined): string | undefined {
  if (from.reachesInside === true) return undefined;
  if (to === undefined) return `${from.name} loads a test`;
  if (to === from.name) return undefined;
  if (to === 'testkit' || to === 'conformance' || to === 'bench') return `${from.name} loads ${to}, which is for tests`;
  if (from.neverZones?.includes(to)) return `${from.name} never loads ${to}`;
  if (from.onlyZones !== undefined && !from.onlyZones.includes(to)) {
    return `${from.name} loads only ${from.onlyZones.join(', ')}, and not ${to}`;
  }
  const layer = zones[to]?.layer ?? Number.POSITIVE_INFINITY;
  if (layer < from.layer || (layer === from.layer && samePackage(from.name, to))) return undefined;
  return `${from.name} (layer ${from.layer}) loads ${to} (layer ${layer})`;
}
