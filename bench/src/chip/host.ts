import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { Part, stream } from '@keystile/device';
import { commands } from '@keystile/link';
import { openVirtualBus, parseBusSpeed } from '@keystile/link/node';
import { serveTasks } from '../contender.ts';
import type { Credentials } from '../tls/credentials.ts';
import { dialNodeTls } from '../tls/dial.ts';
import { writeRequest } from '../tls/request.ts';
import { serverName } from '../tls/server-name.ts';
import { cpuMs } from './cpu.ts';
import { MeteredBus } from './metered-bus.ts';
import { type PartAddress, pairingOf } from './part-in-field.ts';
import { PUBLISH_LENGTH } from './publish.ts';

/** A device's application processor, in a process of its own: with a part on its bus, or with TLS and the key in itself. */
export type Host =
  | { readonly kind: 'node-tls'; readonly credentials: Credentials }
  | { readonly kind: 'part'; readonly address: PartAddress };

export interface HostTask {
  /** `handshakes`: from the dial to `secureConnect`; `connections`: on to the server's first byte and the end. */
  readonly kind: 'handshakes' | 'connections' | 'publishes';
  readonly port: number;
  readonly count: number;
  /** Leaves out the CPU of sending over the virtual bus. */
  readonly withoutWires?: boolean;
}

interface Reach {
  dial(port: number): Duplex;
  /** Undefined without a bus. */
  readonly bus: MeteredBus | undefined;
}

const { dial, bus } = await reachOf(JSON.parse(process.argv[2] ?? '') as Host);

serveTasks((task: HostTask) => (task.kind === 'publishes' ? publishes(task) : handshakes(task)));

async function reachOf(host: Host): Promise<Reach> {
  if (host.kind === 'node-tls') {
    const dialTls = dialNodeTls(host.credentials);
    const dialAtOnce = (port: number): Duplex => {
      const socket = dialTls({ port, group: 'X25519' });
      socket.setNoDelay(true);
      return socket;
    };
    return { dial: dialAtOnce, bus: undefined };
  }
  const pairing = pairingOf(host.address.pairing);
  const metered = new MeteredBus(await openVirtualBus({ path: host.address.path, bus: parseBusSpeed('spi:10MHz') }));
  const part = new Part(metered, pairing);
  // Frames are agreed on and the channel is made once, not with each handshake.
  await part.call(commands.info, {});
  return {
    dial: (port) => stream({ part, policy: 'fleet', host: '127.0.0.1', port, serverName }),
    bus: metered,
  };
}

/** A clock of the CPU that a task counts. */
function clockOf({ withoutWires = false }: HostTask): () => number {
  if (bus === undefined) return cpuMs;
  bus.isMetering = withoutWires;
  return withoutWires ? () => cpuMs() - bus.sendingCpuMs : cpuMs;
}

/** CPU of one, in milliseconds. */
async function handshakes(task: HostTask): Promise<number> {
  const { kind, port, count } = task;
  const clock = clockOf(task);
  let ms = 0;
  for (let i = 0; i < count; i++) {
    const before = clock();
    const connection = dial(port);
    connection.once('secureConnect', () => {
      if (kind === 'handshakes') ms += clock() - before;
    });
    // The server has accepted the client: its first byte is here.
    await once(connection, 'data');
    await close(connection);
    if (kind === 'connections') ms += clock() - before;
  }
  return ms / count;
}

/** CPU of one publish on an open connection, in milliseconds: each is written when the one before has left. */
async function publishes(task: HostTask): Promise<number> {
  const { port, count } = task;
  const clock = clockOf(task);
  const connection = dial(port);
  await once(connection, 'data');
  const isReady = once(connection, 'data');
  connection.write(writeRequest({ kind: 'sink', bytes: count * PUBLISH_LENGTH, piece: PUBLISH_LENGTH }));
  await isReady;
  const hasAll = once(connection, 'data');
  const piece = Buffer.alloc(PUBLISH_LENGTH, 0x61);
  const before = clock();
  for (let i = 0; i < count; i++) await written(connection, piece);
  await hasAll;
  const ms = clock() - before;
  await close(connection);
  return ms / count;
}

async function close(connection: Duplex): Promise<void> {
  const closed = once(connection, 'close');
  connection.destroy();
  await closed;
}

function written(connection: Duplex, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
