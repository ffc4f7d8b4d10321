import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closureOf } from './closure.ts';
import { violations } from './rules.ts';
import { loadTree } from './tree.ts';

/**
 * `node tools/boundaries/main.ts [ROOT]`: the layers and the five walls of docs/ARCHITECTURE.md, section 2. Prints every
 * violation as `file:line: message`, then what it saw: a check of zero modules must not look like a pass.
 */

/** Wall 5: what runs inside the secure IC, and the one package there that is not ours. */
const CHIP_ENTRY = 'packages/chip/src/node/serve.ts';
const CHIP_THIRD_PARTY = ['cborg'];

const tree = loadTree(resolve(process.argv[2] ?? fileURLToPath(new URL('../../', import.meta.url))));
const problems = violations(tree).map(({ path, line, message }) => `${path}:${line}: ${message}`);
const seen = [`${tree.modules.size} modules in ${tree.packages.length} packages`];
try {
  const chip = closureOf(tree, CHIP_ENTRY);
  seen.push(`the secure IC runs ${chip.modules.size} of them and ${[...chip.thirdParty].join(', ') || 'nothing else'}`);
  for (const name of chip.thirdParty) {
    if (!CHIP_THIRD_PARTY.includes(name)) problems.push(`${CHIP_ENTRY}:1: the secure IC's program loads ${name}`);
  }
} catch (error) {
  problems.push(`${CHIP_ENTRY}:1: ${error instanceof Error ? error.message : error}`);
}

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(`${seen.join('; ')}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
