import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { codeFindings } from './code.ts';
import type { Finding } from './findings.ts';
import { packageFindings, pathFindings } from './packages.ts';
import { textFindings } from './text.ts';

/**
 * `node tools/tidy/main.ts [--hints] [--root FOLDER]`: what a tool can check is not a review comment. Looks at every
 * file that git tracks or would track, prints findings as `path:line: message`, and fails when there is one.
 */

const { values } = parseArgs({ options: { hints: { type: 'boolean' }, root: { type: 'string' } } });
const root = resolve(values.root ?? fileURLToPath(new URL('../../', import.meta.url)));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const paths = trackedPaths();
const findings = [...packageFindings(paths, read), ...paths.flatMap(findingsOf)];
const shown = findings.filter(({ severity }) => severity === 'finding' || values.hints === true);
for (const { path, line, message, severity } of shown) {
  process.stderr.write(`${path}:${line}: ${severity === 'hint' ? 'hint: ' : ''}${message}\n`);
}
const hints = findings.filter(({ severity }) => severity === 'hint').length;
process.stdout.write(`${paths.length} files, ${hints} hints (node tools/tidy/main.ts --hints)\n`);
if (paths.length === 0 || findings.length > hints) process.exitCode = 1;

function trackedPaths(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  const paths = listed.toString('utf8').split('\0');
  // A file deleted from the work tree stays listed until the deletion is staged.
  return [...new Set(paths)].filter((path) => path !== '' && existsSync(join(root, path))).sort();
}

function findingsOf(path: string): Finding[] {
  if (/\.(png|ico|woff2|der|bin)$/.test(path)) return pathFindings(path);
  const text = read(path);
  const found = [...pathFindings(path), ...textFindings(path, text)];
  return /\.[cm]?[jt]s$/.test(path) ? [...found, ...codeFindings(path, text)] : found;
}
