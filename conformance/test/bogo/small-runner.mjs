#!/usr/bin/env node
// @ts-check
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { matchesGlob } from 'node:path';
import { parseArgs } from 'node:util';

/** A test runner with the command line and the output of BoringSSL's, and five tests that only look at exit codes. */
const tests = [
  { name: 'Refuses', flags: ['-port', '9', '-shim-id', '1'], code: 1 },
  { name: 'Connects', flags: ['-port', '9', '-shim-id', '2'], code: 0 },
  { name: 'Unknown', flags: ['-no-such-flag'], code: 0 },
  { name: 'Server', flags: ['-server', '-port', '9'], code: 0 },
  { name: 'NPN-Client', flags: ['-select-next-proto', 'x'], code: 0 },
];

const { values } = parseArgs({
  // The runner's flags have one dash.
  args: process.argv.slice(2).map((arg) => arg.replace(/^-(?=[a-z])/, '--')),
  options: {
    'shim-path': { type: 'string' },
    'shim-config': { type: 'string' },
    'num-workers': { type: 'string' },
    test: { type: 'string' },
    'allow-unimplemented': { type: 'boolean' },
    'include-disabled': { type: 'boolean' },
    pipe: { type: 'boolean' },
  },
});
const file = values['shim-config'];
/** @type {string[]} */
const disabled = file === undefined ? [] : Object.keys(JSON.parse(readFileSync(file, 'utf8')).DisabledTests);
const chosen = values.test?.split(';');

for (const { name, flags, code } of tests) {
  if (chosen !== undefined && !chosen.includes(name)) continue;
  if (values['include-disabled'] !== true && disabled.some((pattern) => matchesGlob(name, pattern))) continue;
  const { status } = spawnSync(values['shim-path'] ?? '', flags, { stdio: 'ignore' });
  const word = status === 89 ? 'UNIMPLEMENTED' : status === code ? 'PASSED' : 'FAILED';
  process.stdout.write(`${word} (${name})\n${word === 'FAILED' ? `exit code\n\t${status}\n` : ''}`);
}
