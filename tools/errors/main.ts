import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { catalogue, isErrorCode } from '../../packages/errors/src/index.ts';
import { parseModule } from '../syntax/module.ts';
import { errorsDocument } from './document.ts';
import { codesMentioned, codesRaised } from './usage.ts';

/**
 * `node tools/errors/main.ts [--write]`: the catalogue, `docs/ERRORS.md` and the sources agree. Every code that a source
 * or a document mentions exists; every code that exists is raised somewhere. `--write` writes the document first.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const documentPath = join(root, 'docs/ERRORS.md');
const problems: string[] = [];
const expected = errorsDocument(catalogue);

if (process.argv.includes('--write')) writeFileSync(documentPath, expected);
else if (readOrEmpty(documentPath) !== expected)
  problems.push('docs/ERRORS.md is not what the catalogue says; run: npm run errors');

const sources = globSync(
  ['{packages,examples}/*/{src,bin,page}/**/*.{ts,js,mjs}', 'tools/bootstrap/*.mjs', 'conformance/src/**/*.ts'],
  {
    cwd: root,
    exclude: ['packages/errors/**'],
  },
);
const raised = new Set<string>();
for (const path of sources) {
  const text = readFileSync(join(root, path), 'utf8');
  for (const code of codesRaised(parseModule(path, text))) raised.add(code);
  problems.push(...unknownCodes(path, text));
}
for (const path of globSync(['*.md', 'docs/**/*.md', '{packages,examples}/*/README.md'], { cwd: root })) {
  problems.push(...unknownCodes(path, readFileSync(join(root, path), 'utf8')));
}
for (const code of Object.keys(catalogue)) {
  if (!raised.has(code)) problems.push(`${code} stands in the catalogue and nothing raises it`);
}

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(`${Object.keys(catalogue).length} codes, raised in ${sources.length} modules\n`);
process.exitCode = problems.length === 0 && sources.length > 0 ? 0 : 1;

function unknownCodes(path: string, text: string): string[] {
  return [...codesMentioned(text)]
    .filter((code) => !isErrorCode(code))
    .map((code) => `${path}: ${code} is not in the catalogue`);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
