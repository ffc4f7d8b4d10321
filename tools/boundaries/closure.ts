import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installedFolder, type Tree, targetOf } from './tree.ts';

/** What a program loads at run time, all the way down: wall 5 counts the third-party packages of the secure IC. */

export interface Closure {
  readonly modules: ReadonlySet<string>;
  readonly thirdParty: ReadonlySet<string>;
  readonly builtins: ReadonlySet<string>;
}

/** @param entry the program's module, below the root. Throws when there is none. */
export function closureOf(tree: Tree, entry: string): Closure {
  if (!tree.modules.has(entry)) throw new Error(`${entry} does not exist, so nothing can be said of what it loads`);
  const closure = { modules: new Set<string>(), thirdParty: new Set<string>(), builtins: new Set<string>() };
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const module = tree.modules.get(path);
    if (module === undefined || closure.modules.has(path)) continue;
    closure.modules.add(path);
    for (const { specifier, kind } of module.imports) {
      if (specifier === undefined || kind === 'type') continue;
      const target = targetOf(tree, module, specifier);
      if (target.kind === 'module') waiting.push(target.path);
      if (target.kind === 'builtin') closure.builtins.add(target.name);
      if (target.kind === 'third-party')
        addInstalled(closure.thirdParty, join(tree.root, module.package.folder), target.name);
    }
  }
  return closure;
}

/** The package and everything that its own manifest asks for. */
function addInstalled(found: Set<string>, from: string, name: string): void {
  if (found.has(name)) return;
  found.add(name);
  const folder = installedFolder(from, name);
  if (folder === undefined) return;
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  for (const dependency of Object.keys(manifest.dependencies ?? {})) addInstalled(found, folder, dependency);
}
