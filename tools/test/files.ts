import { globSync } from 'node:fs';

/** Which test files there are. A pattern that matches nothing is not an error here: the runner judges the whole. */

const PATTERNS = [
  'packages/*/test/**/*.test.ts',
  'examples/*/test/**/*.test.ts',
  'tools/*/test/**/*.test.ts',
  'conformance/test/**/*.test.ts',
  'bench/test/**/*.test.ts',
];

/** Paths below `root`, sorted; with `wanted`, only those that contain one of its strings. */
export function testFiles(root: string, wanted: readonly string[] = []): string[] {
  const all = globSync(PATTERNS, { cwd: root }).filter((path) => !path.includes('node_modules'));
  return all.filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part))).sort();
}
