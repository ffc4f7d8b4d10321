import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fromHex } from '@keystile/bytes';
import { isErrorCode, KeystileError } from '@keystile/errors';
import { type Command, type CommandName, commands } from '@keystile/link';
import { permissionFlags } from '../../../src/node/permissions.ts';
import type { Secret } from '../leaks.ts';
import type { HostAnswer, HostOrder } from './host.ts';

/** Lines that a process has said, in the order in which they came. */
function keepLines(from: Readable | null, lines: string[]): void {
  if (from !== null) createInterface({ input: from }).on('line', (line) => lines.push(line));
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** A virtual part under its own permissions, with the tap in its process. */
export class TappedPartProcess {
  readonly folder: string;
  readonly busPath: string;
  readonly controlPath: string;
  /** What it said of itself. */
  readonly log: string[] = [];
  readonly secrets: Secret[] = [];
  /** The files of the memory at each {@link TappedPartProcess.keepMemory}. */
  readonly nvm: Uint8Array[] = [];
  readonly #nvmFolder: string;
  readonly #child: ChildProcess;

  private constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'ks-tap-'));
    this.#nvmFolder = join(this.folder, 'nvm');
    const fuseFile = join(this.folder, 'fuse', 'fuses');
    this.busPath = join(this.folder, 'bus.sock');
    this.controlPath = join(this.folder, 'pins.sock');
    for (const folder of [this.#nvmFolder, join(this.folder, 'fuse')]) mkdirSync(folder, { mode: 0o700 });
    const { busPath, controlPath } = this;
    const flags = permissionFlags({ nvmFolder: this.#nvmFolder, fuseFile, busPath, controlPath });
    const own = ['--nvm', this.#nvmFolder, '--fuse', fuseFile, '--bus', busPath, '--control', controlPath];
    this.#child = spawn(process.execPath, [...flags, join(import.meta.dirname, 'tapped-serve.ts'), ...own], {
      env: {},
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    keepLines(this.#child.stderr, this.log);
    createInterface({ input: this.#child.stdio[3] as Readable }).on('line', (line) => {
      const { name, hex } = JSON.parse(line) as { name: string; hex: string };
      this.secrets.push({ name, bytes: fromHex(hex) });
    });
  }

  static async start(): Promise<TappedPartProcess> {
    const part = new TappedPartProcess();
    const { stdout } = part.#child;
    if (stdout === null) throw new TypeError('the part has no standard output');
    const lines = createInterface({ input: stdout });
    lines.on('line', (line) => part.log.push(line));
    await Promise.race([once(lines, 'line'), once(part.#child, 'exit')]);
    if (part.log.some((line) => line.includes('"ready"'))) return part;
    throw new Error(`the part did not start: ${part.log.join(' ')}`);
  }

  keepMemory(): void {
    for (const name of readdirSync(this.#nvmFolder)) this.nvm.push(readFileSync(join(this.#nvmFolder, name)));
  }

  async remove(): Promise<void> {
    await ended(this.#child);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface HostOptions {
  readonly busPath: string;
  readonly bus: string;
  readonly pairingFile: string;
}

/** The device SDK in a process of its own, as a caller that the tools of the tests know. */
export class HostProcess {
  readonly log: string[] = [];
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<HostAnswer>>();
  #last = 0;

  private constructor({ busPath, bus, pairingFile }: HostOptions) {
    this.#child = fork(join(import.meta.dirname, 'host.ts'), [busPath, bus, pairingFile], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
      execArgv: [],
    });
    keepLines(this.#child.stderr, this.log);
    this.#child.on('message', (answer: HostAnswer) => {
      this.#waiting.get(answer.id)?.resolve(answer);
      this.#waiting.delete(answer.id);
    });
    this.#child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the host is gone: ${this.log.join(' ')}`));
    });
  }

  static async start(options: HostOptions): Promise<HostProcess> {
    const host = new HostProcess(options);
    await Promise.race([once(host.#child, 'message'), once(host.#child, 'exit')]);
    if (host.#child.exitCode !== null) throw new Error(`the host did not start: ${host.log.join(' ')}`);
    return host;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Throws what the host was refused with. */
  async order(order: HostOrder): Promise<unknown> {
    const id = ++this.#last;
    const waiting = Promise.withResolvers<HostAnswer>();
    this.#waiting.set(id, waiting);
    this.#child.send({ ...order, id });
    const answer = await waiting.promise;
    if ('result' in answer) return answer.result;
    if (isErrorCode(answer.code)) throw new KeystileError(answer.code, answer.detail);
    throw new Error(answer.detail);
  }

  async call<Request, Result>(command: Command<Request, Result>, request: Request): Promise<Result> {
    return (await this.order({ op: 'call', name: nameOf(command), request })) as Result;
  }

  stop(): Promise<void> {
    return ended(this.#child);
  }
}

function nameOf({ opcode }: Pick<Command<never, unknown>, 'opcode'>): CommandName {
  const name = (Object.keys(commands) as CommandName[]).find((each) => commands[each].opcode === opcode);
  if (name === undefined) throw new TypeError(`opcode ${opcode} is no command`);
  return name;
}

export interface OrdinaryClientOptions {
  readonly port: number;
  readonly serverName: string;
  readonly credentialFile: string;
}

/** `node:tls` with a key file in a process of its own, connected. */
export class OrdinaryClient {
  readonly #child: ChildProcess;

  private constructor({ port, serverName, credentialFile }: OrdinaryClientOptions) {
    const own = [String(port), serverName, credentialFile];
    this.#child = fork(join(import.meta.dirname, 'ordinary-client.ts'), own, { stdio: 'inherit', execArgv: [] });
  }

  static async start(options: OrdinaryClientOptions): Promise<OrdinaryClient> {
    const client = new OrdinaryClient(options);
    const [said] = (await Promise.race([once(client.#child, 'message'), once(client.#child, 'exit')])) as unknown[];
    if (said !== 'connected') throw new Error('the ordinary client did not connect');
    return client;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  stop(): Promise<void> {
    return ended(this.#child);
  }
}
