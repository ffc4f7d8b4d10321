import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { violations } from '../rules.ts';
import { loadTree } from '../tree.ts';

/** A small tree with the project's package names and one clean module each, into which a test plants its violation. */

const PACKAGES: Readonly<
  Record<string, { readonly exports?: Record<string, string>; readonly uses: readonly string[] }>
> = {
  bytes: { uses: [] },
  errors: { uses: [] },
  mqtt: { uses: ['bytes', 'errors'] },
  link: { exports: { '.': './src/index.ts', './node': './src/node/index.ts' }, uses: ['bytes', 'errors'] },
  cose: { uses: ['bytes', 'errors', 'link', 'cborg'] },
  tls: { uses: ['bytes', 'errors', 'link', 'chip'] },
  pki: {
    exports: { './path': './src/path/index.ts', './issue': './src/issue/index.ts' },
    uses: ['bytes', '@peculiar/x509'],
  },
  broker: {
    exports: { '.': './src/index.ts', './node': './src/node/index.ts' },
    uses: ['bytes', 'mqtt', 'authority', 'tls', 'pki'],
  },
  device: { uses: ['bytes', 'link', 'cose', 'tls', 'chip', 'undici', 'mqtt'] },
  chip: {
    exports: { '.': './src/index.ts', './node': './src/node/index.ts' },
    uses: ['bytes', 'link', 'cose', 'tls', 'pki', 'zod', 'testkit'],
  },
  authority: { uses: ['bytes', 'pki', 'cli'] },
  console: { uses: ['mqtt'] },
  cli: { uses: ['authority', 'broker', 'conformance', 'bench'] },
  testkit: { uses: ['pki'] },
};

/** Workspaces beside the packages. */
const MEASURING = ['conformance', 'bench'];

export function plantedTree(t: TestContext, planted: Readonly<Record<string, string>> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'keystile-walls-'));
  t.after(() => rmSync(root, { recursive: true }));
  const files: Record<string, string> = {
    'package.json': JSON.stringify({ name: 'tree', devDependencies: { 'fast-check': '1' } }),
  };
  for (const [name, { exports = { '.': './src/index.ts' }, uses }] of Object.entries(PACKAGES)) {
    const dependencies = Object.fromEntries(
      uses.map((each) => [each in PACKAGES || MEASURING.includes(each) ? `@keystile/${each}` : each, '1']),
    );
    files[`packages/${name}/package.json`] = JSON.stringify({ name: `@keystile/${name}`, exports, dependencies });
    for (const path of Object.values(exports)) files[join('packages', name, path)] = 'export const here = 1;\n';
  }
  for (const name of MEASURING) {
    files[`${name}/package.json`] = JSON.stringify({
      name: `@keystile/${name}`,
      dependencies: { '@keystile/tls': '1' },
      exports: { '.': './src/index.ts' },
    });
    files[`${name}/src/index.ts`] = 'export const here = 1;\n';
  }
  for (const [path, text] of Object.entries({ ...files, ...planted })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** What the check says of one planted module, as `line: message`; anything said of another file fails the test. */
export function saidOf(t: TestContext, path: string, text: string): string[] {
  return violations(loadTree(plantedTree(t, { [path]: text }))).map((each) => {
    if (each.path !== path) throw new Error(`the clean part of the tree was refused: ${each.path}: ${each.message}`);
    return `${each.line}: ${each.message}`;
  });
}
