// @ts-check
/**
 * Brings `node_modules` up to the lock file when it is missing or older, quietly. It judges by time alone: npm writes
 * `node_modules/.package-lock.json` at the end of every successful install.
 */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

/** @param {string} root */
export function isInstalled(root) {
  const installed = modified(join(root, 'node_modules', '.package-lock.json'));
  return installed !== undefined && installed >= (modified(join(root, 'package-lock.json')) ?? 0);
}

/** @param {string} path */
function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

/**
 * `npm ci`, and when that refuses (a package.json changed since the lock file was written), `npm install`.
 *
 * @param {string} root
 * @returns {string | undefined} what npm said when both failed
 */
export function install(root) {
  process.stderr.write('keystile: installing what is missing, about half a minute\n');
  const exact = npm(root, 'ci');
  if (exact === undefined) return undefined;
  const loose = npm(root, 'install');
  return loose === undefined ? undefined : exact;
}

/**
 * What the newcomer is told when npm gave up. The sentences stand in the error catalogue too; a test compares them.
 *
 * @param {string} reason
 */
export function installFailed(reason) {
  return [
    'KS-U901: npm could not install the packages that the lock file names',
    ...reason
      .trim()
      .split('\n')
      .map((line) => `  | ${line}`),
    '  Check that this machine reaches the npm registry, then run npm ci --loglevel=error and read what it says.',
    '',
  ].join('\n');
}

/**
 * Nothing of npm may reach our standard output, which belongs to the program.
 *
 * @param {string} root
 * @param {'ci' | 'install'} command
 * @returns {string | undefined} what npm said when it failed
 */
function npm(root, command) {
  const { program, before } = npmProgram();
  const result = spawnSync(program, [...before, command, '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    shell: process.platform === 'win32' && before.length === 0,
  });
  if (result.status === 0) return undefined;
  return (
    result.error?.message ?? (result.stderr.trim() || `npm ${command} ended with ${result.status ?? result.signal}`)
  );
}

/** The npm that started us, if one did, under the same old Node; another package manager's path is not ours to run. */
function npmProgram() {
  const starter = process.env.npm_execpath ?? '';
  if (/npm-cli\.[cm]?js$/.test(starter)) return { program: process.execPath, before: [starter] };
  return { program: 'npm', before: [] };
}
