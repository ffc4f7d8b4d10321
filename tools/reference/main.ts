import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandName } from '../../packages/link/src/index.ts';
import { protocolDocument } from './document.ts';
import { runExamples } from './examples.ts';
import { fieldNotes } from './field-notes.ts';

/**
 * `node tools/reference/main.ts [--write]`: `docs/reference/chip-protocol.md` is what codecs, access rules and firmware
 * say. `--write` writes it.
 */
const root = fileURLToPath(new URL('../../', import.meta.url));
const path = join(root, 'docs/reference/chip-protocol.md');
const expected = formatted(protocolDocument(await runExamples(), notesOf));

if (process.argv.includes('--write')) writeFileSync(path, expected);
else if (readFileSync(path, 'utf8') !== expected) {
  process.stderr.write('docs/reference/chip-protocol.md is not what the sources say; run: npm run reference\n');
  process.exitCode = 1;
}
process.stdout.write(`${expected.split('\n').length} lines of reference\n`);

function notesOf(name: CommandName): ReadonlyMap<string, string> {
  const file = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return fieldNotes(join(root, 'packages/link/src/commands', `${file}.ts`));
}

/** As the check of the format wants every document. */
function formatted(document: string): string {
  const biome = join(root, 'node_modules/.bin/biome');
  return execFileSync(biome, ['format', '--stdin-file-path=chip-protocol.md'], { input: document, encoding: 'utf8' });
}
