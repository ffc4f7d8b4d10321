// @ts-check
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode, launch, nodeMissing } from '../../packages/cli/bin/launch.mjs';
import { install, installFailed, isInstalled } from './install.mjs';

/**
 * `node tools/bootstrap/run.mjs COMMAND [args…]`: what stands behind every script of the root package.json. It installs
 * when needed, finds Node 24, and runs the program there. Any Node from 18 on can read it.
 *
 * Standard output belongs to the program; what is said here goes to standard error.
 */

/** @type {Readonly<Record<string, { program: string, before?: readonly string[], env?: Readonly<Record<string, string>> }>>} */
const commands = {
  start: { program: 'packages/cli/src/main.ts', before: ['up'] },
  keystile: { program: 'packages/cli/src/main.ts' },
  test: { program: 'tools/test/main.ts' },
  'test:full': { program: 'tools/test/main.ts', env: { KEYSTILE_TEST_FULL: '1' } },
  conformance: { program: 'conformance/src/main.ts' },
  bench: { program: 'bench/src/main.ts' },
  check: { program: 'tools/check/main.ts' },
  errors: { program: 'tools/errors/main.ts' },
  reference: { program: 'tools/reference/main.ts' },
  lock: { program: 'tools/lock/main.ts' },
};

/** The command's own exit codes: packages/cli/src/terminal/exit-codes.ts. */
const EXIT_USAGE = 2;
const EXIT_ENVIRONMENT = 3;

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
process.exitCode = await main(process.argv.slice(2));

/** @param {string[]} argv */
async function main([name = '', ...args]) {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    process.stderr.write(
      `KS-U100: no such command: ${name || '(none)'}; there are ${Object.keys(commands).join(', ')}\n`,
    );
    return EXIT_USAGE;
  }
  if (!isInstalled(root)) {
    const reason = install(root);
    if (reason !== undefined) {
      process.stderr.write(installFailed(reason));
      return EXIT_ENVIRONMENT;
    }
  }
  const node = findNode(root);
  if (node === undefined) {
    process.stderr.write(nodeMissing());
    return EXIT_ENVIRONMENT;
  }
  return launch(node, [join(root, command.program), ...(command.before ?? []), ...args], {
    // The programs of the product are TypeScript: what the last start compiled need not be compiled again.
    NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/keystile'),
    ...process.env,
    ...command.env,
  });
}
