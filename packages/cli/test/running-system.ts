/** A whole system in a home of its own, on free ports, for tests that need one running. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from './keystile.ts';

export interface RunningDocument {
  readonly ok: boolean;
  readonly code?: string;
  readonly home: string;
  readonly isNew: boolean;
  readonly device: { readonly id: string; readonly serial: string };
  readonly identity: string;
  readonly ports: { readonly broker: number; readonly websocket: number; readonly console: number };
  readonly console: string;
  readonly link: string;
}

export interface RunningSystem {
  readonly up: ChildProcess;
  readonly document: RunningDocument;
  readonly stderr: () => string;
}

export const freePorts = ['--broker-port=0', '--websocket-port=0', '--console-port=0'];

/** `keystile up --json` in a process group of its own; resolves with what it prints once everything runs. */
export async function startSystem(home: string): Promise<RunningSystem> {
  const up = start(['up', '--json', '--home', home, ...freePorts], { detached: true });
  if (up.stdout === null || up.stderr === null) throw new TypeError('no pipes');
  let stderr = '';
  up.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const line = once(createInterface({ input: up.stdout }), 'line');
  const ended = once(up, 'exit').then(() => Promise.reject(new Error(`up ended: ${stderr}`)));
  ended.catch(() => undefined);
  const [text] = (await Promise.race([line, ended])) as [string];
  return { up, document: JSON.parse(text) as RunningDocument, stderr: () => stderr };
}

export async function endOf(up: ChildProcess): Promise<number | null> {
  if (up.exitCode !== null || up.signalCode !== null) return up.exitCode;
  const [code] = (await once(up, 'exit')) as [number | null];
  return code;
}

/** Processes whose command line names the home. */
export async function processesOf(home: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(pid)) continue;
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (commandLine.includes(home)) found.push(`${pid} ${commandLine.replaceAll('\0', ' ')}`);
  }
  return found;
}

export async function untilGone(home: string, patienceMs: number): Promise<string[]> {
  const end = performance.now() + patienceMs;
  let left = await processesOf(home);
  while (left.length > 0 && performance.now() < end) {
    await sleep(50);
    left = await processesOf(home);
  }
  return left;
}
