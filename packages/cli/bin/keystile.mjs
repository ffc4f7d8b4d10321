#!/usr/bin/env node
// @ts-check
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode, launch, nodeMissing } from './launch.mjs';

/**
 * The `keystile` command, startable by an old Node: it runs `src/main.ts` under Node 24 and does nothing else. Without
 * one it ends with 3, the exit code for what is wrong around the command.
 */

const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)));
const node = findNode(packageFolder);
if (node === undefined) {
  process.stderr.write(nodeMissing());
  process.exitCode = 3;
} else {
  process.exitCode = await launch(node, [join(packageFolder, 'src', 'main.ts'), ...process.argv.slice(2)]);
}
