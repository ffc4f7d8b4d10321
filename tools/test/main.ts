import { relative, resolve } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect, parseArgs } from 'node:util';
import { testFiles } from './files.ts';
import { type Failure, Tally } from './tally.ts';

/**
 * `npm test [-- PART…]`: runs every test file, or those whose path contains a PART, two at a time, each in a process of
 * its own. Failures are printed as they happen; skips with their reasons, the slowest files and the counts at the end.
 * `KEYSTILE_TEST_FULL=1` asks the heavy suites for their full count; `--root FOLDER` looks at another tree.
 */

/** The machine that the three-minute promise is made for has two cores. */
const FILES_AT_ONCE = 2;
/** A file that takes longer hangs; the counted run gets the patience that its counts need. */
const FILE_MS_MAX = process.env.KEYSTILE_TEST_FULL === '1' ? 30 * 60_000 : 120_000;
const SLOWEST_SHOWN = 5;

const { values, positionals } = parseArgs({ options: { root: { type: 'string' } }, allowPositionals: true });
const root = resolve(values.root ?? fileURLToPath(new URL('../../', import.meta.url)));
process.chdir(root);
const files = testFiles(root, positionals).map((path) => resolve(root, path));
const tally = new Tally();
const durations = new Map<string, number>();
const startedAt = performance.now();

// Variables that npm or an outer run left would change what the tests themselves start.
delete process.env.NODE_TEST_CONTEXT;
// Every file is a process of its own that loads much of the same source: a third of the whole run's CPU is compiling it.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../../node_modules/.cache/keystile', import.meta.url));

for await (const event of run({ files, concurrency: FILES_AT_ONCE, timeout: FILE_MS_MAX })) {
  if (event.type === 'test:pass') tally.pass(event.data);
  if (event.type === 'test:fail') {
    const before = tally.failures.length;
    tally.fail(event.data);
    for (const failure of tally.failures.slice(before)) print(describeFailure(failure));
  }
  if (event.type === 'test:stderr') process.stderr.write(event.data.message);
  // Somebody who names a file wants to see what it prints.
  if (event.type === 'test:stdout' && positionals.length > 0) process.stdout.write(event.data.message);
  if (event.type === 'test:summary' && event.data.file !== undefined) {
    durations.set(event.data.file, event.data.duration_ms);
    if (process.stdout.isTTY) process.stdout.write('.');
  }
}
const before = tally.failures.length;
tally.close(files);
for (const failure of tally.failures.slice(before)) print(describeFailure(failure));

printEnd();
process.exitCode = tally.failures.length === 0 ? 0 : 1;

function printEnd(): void {
  for (const skip of tally.skips) print(`skipped  ${shown(skip.file)}: ${skip.name}: ${skip.reason}`);
  const slowest = [...durations].sort((a, b) => b[1] - a[1]).slice(0, SLOWEST_SHOWN);
  print(`slowest  ${slowest.map(([file, ms]) => `${shown(file)} ${seconds(ms)}`).join(', ')}`);
  print(`${files.length} files in ${seconds(performance.now() - startedAt)}`);
  if (tally.failures.length > 0) print('failed:');
  for (const failure of tally.failures) print(`  ${shown(failure.file)}: ${failure.name}`);
  print(tally.line);
}

function describeFailure({ file, name, error }: Failure): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return `\nFAILED  ${shown(file)}: ${name}\n${inspect(cause, { depth: 6 }).replaceAll(/^/gm, '  ')}`;
}

function shown(file: string): string {
  return relative(root, resolve(root, file));
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
