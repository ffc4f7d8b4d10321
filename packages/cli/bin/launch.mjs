// @ts-check
/**
 * Finds Node 24 and runs a program under it. Plain JavaScript without dependencies, so that an old Node can read it: it
 * is what stands between a machine that has only Node 18 or 20 and TypeScript that runs unbuilt.
 *
 * It installs nothing and knows nothing of the programs it starts.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** The first major version with type stripping by default, OpenSSL 3.5 and the stable permission model. */
export const NODE_FLOOR = 24;

/** npm repeats a signal that the terminal has already sent to us; two of a kind this close are one intent. */
const ECHO_MS = 500;

/** How long the terminal's own delivery of Ctrl-C is trusted before the signal is passed on after all. */
const TERMINAL_PATIENCE_MS = 10_000;

/** @typedef {{ version: string, platform: string, arch: string, execPath: string }} Machine */

/**
 * The Node to use: this one when it is new enough, else the binary that npm installed, looked up *by path* from
 * `folder` upward. npm 10 leaves no `.bin/node` when packages of two architectures are listed, so PATH is no help.
 *
 * @param {string} folder
 * @param {Machine} machine
 * @returns {string | undefined}
 */
export function findNode(folder, machine = process) {
  if (Number.parseInt(machine.version.slice(1), 10) >= NODE_FLOOR) return machine.execPath;
  if (machine.platform !== 'linux') return undefined;
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', `node-linux-${machine.arch}`, 'bin', 'node');
    if (existsSync(candidate)) return candidate;
    if (at === dirname(at)) return undefined;
  }
}

/**
 * What a machine without a fitting Node is told. The sentence stands in the error catalogue too, which this file cannot
 * import; a test compares them.
 *
 * @param {Machine} machine
 */
export function nodeMissing(machine = process) {
  return [
    `KS-U900: this is Node ${machine.version} on ${machine.platform}-${machine.arch}, and Keystile needs Node ${NODE_FLOOR} or later`,
    '  Install Node 24 or later, or on Linux (x64, arm64) run npm ci, which brings a Node 24 of its own.',
    '',
  ].join('\n');
}

/**
 * Runs `node args…` with our input and output, passes signals on, and resolves with the exit code (128 + n after
 * signal n).
 *
 * @param {string} node
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>}
 */
export function launch(node, args, env = process.env) {
  const path = [dirname(node), ...(env.PATH ? [env.PATH] : [])].join(delimiter);
  const child = spawn(node, args, { stdio: 'inherit', env: { ...env, PATH: path } });
  passSignals(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

/**
 * A terminal's Ctrl-C reaches the whole foreground process group: the child has it already, and a second one would
 * read as "stop at once". A signal sent to our process alone (by npm, a supervisor, `kill`) must be passed on.
 *
 * @param {import('node:child_process').ChildProcess} child
 */
function passSignals(child) {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    let last = Number.NEGATIVE_INFINITY;
    process.on(signal, () => {
      const now = performance.now();
      if (now - last < ECHO_MS) return;
      last = now;
      if (signal === 'SIGINT' && inForegroundOfTerminal()) {
        setTimeout(() => child.kill(signal), TERMINAL_PATIENCE_MS).unref();
      } else {
        child.kill(signal);
      }
    });
  }
}

function inForegroundOfTerminal() {
  try {
    // proc_pid_stat(5): after the name in parentheses come state, ppid, pgrp, session, tty_nr, tpgid.
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const [, , group, , terminal, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return terminal !== '0' && group === foreground;
  } catch {
    return process.stdin.isTTY === true;
  }
}
