import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerProcess, systemPath } from './server-process.ts';

/** Where a server listens, and how it is reached. */
export interface Network {
  /** The command, so that the server gets into this network. */
  inside(command: readonly [string, ...string[]]): readonly [string, ...string[]];
  freePort(): Promise<number>;
  dial(port: number): Promise<Socket>;
}

/** The machine's own loopback, for servers that can be told to listen there alone. */
export const loopback: Network = {
  inside: (command) => command,
  freePort: async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    server.close();
    await once(server, 'close');
    if (address === null || typeof address === 'string') throw new TypeError('no port');
    return address.port;
  },
  dial: async (port) => connected(connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })),
};

const relay = fileURLToPath(new URL('namespace-relay.ts', import.meta.url));

/** Ends a program with us, however we end. */
const mortal = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;

/**
 * A network of its own with nothing in it but a loopback, for servers that listen on every address there is. A process
 * in it relays from a Unix socket, which is outside of any network. Every port is free.
 */
export class NetworkNamespace implements Network {
  readonly #relay: ServerProcess;
  readonly #socket: string;
  #nextPort = 10_000;

  private constructor(relayProcess: ServerProcess, socket: string) {
    this.#relay = relayProcess;
    this.#socket = socket;
  }

  /** Why this machine has no such thing, or undefined. */
  static absence(): string | undefined {
    const { status, stderr, error } = spawnSync('unshare', ['-rn', ...mortal, 'ip', 'link', 'set', 'lo', 'up'], {
      encoding: 'utf8',
      env: { ...process.env, PATH: systemPath },
    });
    if (status === 0) return undefined;
    return `it listens on every address, and there is no network namespace to put it into (unshare -rn, setpriv, ip): ${error?.message ?? stderr.trim()}`;
  }

  static async open(folder: string): Promise<NetworkNamespace> {
    const socket = join(folder, 'namespace.sock');
    const script = 'ip link set lo up && exec "$0" "$@"';
    const command = ['unshare', '-rn', 'sh', '-c', script, ...mortal, process.execPath, relay, socket] as const;
    const relayProcess = new ServerProcess({ name: 'the relay', command });
    await relayProcess.starts(/^ready$/m);
    return new NetworkNamespace(relayProcess, socket);
  }

  inside(command: readonly [string, ...string[]]): readonly [string, ...string[]] {
    const target = String(this.#relay.pid);
    return ['nsenter', '--target', target, '--user', '--net', '--preserve-credentials', '--', ...mortal, ...command];
  }

  async freePort(): Promise<number> {
    return this.#nextPort++;
  }

  async dial(port: number): Promise<Socket> {
    const socket = await connected(connect({ path: this.#socket, allowHalfOpen: true }));
    const greeting = Buffer.alloc(2);
    greeting.writeUInt16BE(port);
    socket.write(greeting);
    return socket;
  }

  async close(): Promise<void> {
    await this.#relay.stop();
  }
}

async function connected(socket: Socket): Promise<Socket> {
  await once(socket, 'connect');
  return socket;
}
