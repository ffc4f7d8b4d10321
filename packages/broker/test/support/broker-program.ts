import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { programPath } from '../../src/node/program-path.ts';
import { issuersOf, writeFleet } from './test-broker.ts';
import type { TestFleet } from './test-fleet.ts';

interface ListenerLine {
  readonly name: string;
  readonly address: string;
  readonly port?: number;
}

/** The broker as a process of its own: its memory is nobody else's, and a client that ends it is seen to have done so. */
export class BrokerProgram {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #listeners: readonly ListenerLine[];
  /** How often each code was logged. */
  readonly codes = new Map<string, number>();

  private constructor(child: ChildProcess, folder: string, listeners: readonly ListenerLine[]) {
    this.#child = child;
    this.#folder = folder;
    this.#listeners = listeners;
    if (child.stderr === null) throw new TypeError('no pipe');
    createInterface({ input: child.stderr }).on('line', (line) => this.#count(line));
  }

  /** `listeners` is TOML; relative paths in it are in a folder that has the fleet's files. */
  static async start(fleet: TestFleet, listeners: string): Promise<BrokerProgram> {
    const folder = await mkdtemp(join(tmpdir(), 'ks-broker-'));
    await writeFleet(fleet, folder);
    const config = join(folder, 'broker.toml');
    await writeFile(config, issuersOf(fleet) + listeners);
    const child = spawn(process.execPath, [fileURLToPath(programPath), '--config', config, '--insecure-listener'], {
      env: { ...process.env, KEYSTILE_LOG: 'warn' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    if (child.stdout === null) throw new TypeError('no pipe');
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const ready = JSON.parse(line) as { ready: boolean; listeners?: ListenerLine[] };
    assert.equal(ready.ready, true, line);
    return new BrokerProgram(child, folder, ready.listeners ?? []);
  }

  port(name: string): number {
    return this.#listener(name).port ?? assert.fail(`${name} has no port`);
  }

  /** Of a Unix socket. */
  path(name: string): string {
    return this.#listener(name).address;
  }

  /** Resident memory in bytes. */
  get residentBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const [, kilobytes = ''] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? assert.fail(status);
    return Number(kilobytes) * 1024;
  }

  /** It has to be there still, and to end when it is told to. */
  async stop(): Promise<void> {
    assert.equal(this.#child.exitCode, null, 'a client has ended the broker');
    this.#child.kill('SIGTERM');
    const [code] = (await once(this.#child, 'exit')) as [number | null];
    assert.equal(code, 0);
    assert.equal(this.codes.get('KS-B117'), undefined, 'a client met a fault of the broker');
    await rm(this.#folder, { recursive: true, force: true });
  }

  #listener(name: string): ListenerLine {
    return this.#listeners.find((each) => each.name === name) ?? assert.fail(`no listener '${name}'`);
  }

  #count(line: string): void {
    if (!line.startsWith('{')) return;
    const { code } = JSON.parse(line) as { code?: string };
    if (code !== undefined) this.codes.set(code, 1 + (this.codes.get(code) ?? 0));
  }
}
