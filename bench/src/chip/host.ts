import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { openPart, stream } from '@keystile/device';
import { cpuMsOf, serveTasks } from '../contender.ts';
import type { Credentials } from '../tls/credentials.ts';
import { dialNodeTls } from '../tls/dial.ts';
import { writeRequest } from '../tls/request.ts';
import { serverName } from '../tls/server-name.ts';
import { cpuMs } from './cpu.ts';
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
}

type Dial = (port: number) => Duplex;

const dial = await dialOf(JSON.parse(process.argv[2] ?? '') as Host);

serveTasks((task: HostTask) => (task.kind === 'publishes' ? publishes(task) : handshakes(task)));

async function dialOf(host: Host): Promise<Dial> {
  if (host.kind === 'node-tls') {
    const dialTls = dialNodeTls(host.credentials);
    return (port) => {
      const socket = dialTls({ port, group: 'X25519' });
      socket.setNoDelay(true);
      return socket;
    };
  }
  const pairing = pairingOf(host.address.pairing);
  const part = await openPart({ path: host.address.path, bus: 'spi:10MHz', ...(pairing && { pairing }) });
  return (port) => stream({ part, policy: 'fleet', host: '127.0.0.1', port, serverName });
}

/** CPU of one, in milliseconds. */
async function handshakes({ kind, port, count }: HostTask): Promise<number> {
  let ms = 0;
  for (let i = 0; i < count; i++) {
    const before = cpuMs();
    const connection = dial(port);
    connection.once('secureConnect', () => {
      if (kind === 'handshakes') ms += cpuMs() - before;
    });
    // The server has accepted the client: its first byte is here.
    await once(connection, 'data');
    await close(connection);
    if (kind === 'connections') ms += cpuMs() - before;
  }
  return ms / count;
}

/** CPU of one publish on an open connection, in milliseconds: each is written when the one before has left. */
async function publishes({ port, count }: HostTask): Promise<number> {
  const connection = dial(port);
  await once(connection, 'data');
  const isReady = once(connection, 'data');
  connection.write(writeRequest({ kind: 'sink', bytes: count * PUBLISH_LENGTH, piece: PUBLISH_LENGTH }));
  await isReady;
  const hasAll = once(connection, 'data');
  const piece = Buffer.alloc(PUBLISH_LENGTH, 0x61);
  const ms = await cpuMsOf(async () => {
    for (let i = 0; i < count; i++) await written(connection, piece);
    await hasAll;
  });
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
