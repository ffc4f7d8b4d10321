import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Credential } from './credentials.ts';
import { Wire, type WireOptions } from './wire.ts';

/** Why tests with the `openssl` command are skipped here, or false. */
export function opensslAbsence(): string | false {
  const { stdout } = spawnSync('openssl', ['version'], { encoding: 'utf8' });
  return stdout?.startsWith('OpenSSL 3') ? false : 'no openssl 3 command on this machine';
}

/** Processes of `openssl s_server` on loopback, and connections to them. */
export class OpensslServers {
  readonly #server: Credential;
  readonly #folder = mkdtempSync(join(tmpdir(), 'keystile-s-server-'));
  readonly #processes: ChildProcess[] = [];
  readonly #wires: Wire[] = [];

  /** `clientCa`: whom the servers trust, when they ask. */
  constructor(server: Credential, clientCa: Credential) {
    this.#server = server;
    writeFileSync(this.#file('server.crt'), server.certificatePem);
    writeFileSync(this.#file('server.key'), server.keyPem, { mode: 0o600 });
    writeFileSync(this.#file('ca.crt'), clientCa.certificatePem);
  }

  /** Starts one that reverses each line it gets; with `interactive`, one that obeys its standard input instead. */
  async start(
    more: readonly string[],
    { interactive = false, version = '-tls1_3' }: StartOptions = {},
  ): Promise<OpensslServer> {
    const fixed = ['s_server', '-accept', '127.0.0.1:0', version, '-alpn', 'mqtt', ...(interactive ? [] : ['-rev'])];
    const credential = ['-cert', this.#file('server.crt'), '-key', this.#file('server.key')];
    const child = spawn('openssl', [...fixed, ...credential, '-CAfile', this.#file('ca.crt'), ...more]);
    this.#processes.push(child);
    let printed = '';
    return new Promise((resolve, reject) => {
      child.once('exit', () => reject(new Error(`openssl s_server did not start: ${printed}`)));
      child.stderr.on('data', (chunk) => {
        printed += String(chunk);
      });
      child.stdout.on('data', (chunk) => {
        printed += String(chunk);
        const port = /ACCEPT 127\.0\.0\.1:(\d+)/.exec(printed)?.[1];
        if (port === undefined) return;
        resolve({
          port: Number(port),
          type: (line) => void child.stdin.write(line),
          printed: () => printed,
          says: async (text) => {
            while (!printed.includes(text)) await once(child.stdout, 'data', { signal: AbortSignal.timeout(5000) });
          },
        });
      });
    });
  }

  async dial({ port }: OpensslServer, options: Omit<WireOptions, 'server'> = {}): Promise<Wire> {
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const wire = new Wire(socket, { server: this.#server, ...options });
    this.#wires.push(wire);
    return wire;
  }

  end(): void {
    for (const wire of this.#wires) wire.end();
    for (const child of this.#processes) child.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }
}

interface StartOptions {
  readonly interactive?: boolean;
  readonly version?: '-tls1_3' | '-tls1_2';
}

export interface OpensslServer {
  readonly port: number;
  /** Writes to its standard input. */
  readonly type: (line: string) => void;
  readonly printed: () => string;
  /** Waits until it has printed this. */
  readonly says: (text: string) => Promise<void>;
}
