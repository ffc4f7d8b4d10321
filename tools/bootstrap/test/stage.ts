import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** A clone in miniature: the real bootstrap, a program in place of the product, and a Node 24 where npm would put it. */

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The oldest Node on PATH outside any node_modules, when it is too old for the product; else the reason for a skip. */
export function oldNode(): { readonly path: string } | { readonly missing: string } {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, 'node');
    if (folder.includes('node_modules') || !existsSync(path)) continue;
    const version = spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout;
    if (Number.parseInt(version.slice(1), 10) < 24) return { path };
  }
  return { missing: 'this machine has no Node older than 24 on PATH' };
}

export interface Stage {
  readonly folder: string;
  readonly script: string;
  run(node: string, args: readonly string[], env?: NodeJS.ProcessEnv): SpawnSyncReturns<string>;
}

/** @param program what stands in for packages/cli/src/main.ts */
export function stage(t: TestContext, program: string): Stage {
  const folder = mkdtempSync(join(tmpdir(), 'keystile-clone-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const path of ['tools/bootstrap', 'packages/cli/bin'])
    cpSync(join(root, path), join(folder, path), { recursive: true });
  mkdirSync(join(folder, 'packages/cli/src'));
  writeFileSync(join(folder, 'packages/cli/src/main.ts'), program);
  writeFileSync(join(folder, 'package.json'), '{"name":"clone","type":"module"}');
  writeFileSync(join(folder, 'package-lock.json'), '{}');
  const script = join(folder, 'tools/bootstrap/run.mjs');
  return {
    folder,
    script,
    run: (node, args, env = {}) =>
      spawnSync(node, [script, ...args], { encoding: 'utf8', env: { ...process.env, ...env }, cwd: tmpdir() }),
  };
}

/** What `npm ci` leaves behind: its own lock file, and this very Node in the place of the platform package. */
export function installInto(folder: string): void {
  const platform = join(folder, 'node_modules', `node-linux-${process.arch}`, 'bin');
  mkdirSync(platform, { recursive: true });
  symlinkSync(process.execPath, join(platform, 'node'));
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), '{}');
}

/**
 * A fake npm: it writes down how it was called, chatters on both outputs as npm does, fails for the commands
 * in `failing`, and else leaves an installation.
 */
export function fakeNpm(folder: string, failing: readonly string[]): { readonly npm_execpath: string } {
  const path = join(folder, 'npm/npm-cli.js');
  mkdirSync(dirname(path));
  writeFileSync(join(folder, 'npm/package.json'), '{"type":"commonjs"}');
  writeFileSync(
    path,
    `const fs = require('node:fs');
     const command = process.argv[2];
     fs.appendFileSync(${JSON.stringify(join(folder, 'npm-calls'))}, process.argv.slice(2).join(' ') + '\\n');
     console.log('added 200 packages');
     if (${JSON.stringify(failing)}.includes(command)) { console.error('npm error ' + command + ' refused'); process.exit(1); }
     fs.mkdirSync('node_modules', { recursive: true });
     fs.writeFileSync('node_modules/.package-lock.json', '{}');`,
  );
  return { npm_execpath: path };
}
