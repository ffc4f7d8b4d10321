import { createServer, type Socket } from 'node:net';
import type { RequestOrigin } from '../channel/link-pairing.ts';
import { PartLink } from '../exchange/part-link.ts';
import { listenOnSocket } from './socket-path.ts';
import { encodeWire, WireReader } from './virtual-bus-wire.ts';

/**
 * The part's end of the virtual bus: an SPI or I2C slave behind a Unix socket of mode 0600.
 *
 * Several masters may attach (the device and an operator's `keystile chip info`): each has a link of its own, as parts
 * with two interfaces do, and on it a channel of its own; requests of all are carried out one after the other.
 */
export interface VirtualBusServerOptions {
  readonly path: string;
  /** Carries out one request; must not reject. */
  readonly handle: (request: Uint8Array, origin: RequestOrigin) => Uint8Array | Promise<Uint8Array>;
  readonly payloadMax?: number;
}

export interface VirtualBusServer {
  close(): Promise<void>;
}

/** Masters that may attach at once: the device, the operator, and some to spare. */
const MASTERS_MAX = 16;

export async function serveVirtualBus(options: VirtualBusServerOptions): Promise<VirtualBusServer> {
  const masters = new Set<Socket>();
  let queue: Promise<unknown> = Promise.resolve();
  const handle = (request: Uint8Array, origin: RequestOrigin): Promise<Uint8Array> => {
    const result = queue.then(() => options.handle(request, origin));
    queue = result.catch(() => undefined);
    return result;
  };
  const server = createServer((socket) => {
    if (masters.size >= MASTERS_MAX) return void socket.destroy();
    masters.add(socket);
    socket.on('close', () => masters.delete(socket));
    attachMaster(socket, { ...options, handle });
  });
  await listenOnSocket(server, options.path);
  return {
    close: () =>
      new Promise((resolve) => {
        for (const socket of masters) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

function attachMaster(socket: Socket, options: VirtualBusServerOptions): void {
  const wire = new WireReader();
  let transaction = 0;
  const offer = (reply: Uint8Array): void => {
    if (!socket.destroyed) socket.write(encodeWire({ kind: 'ready', transaction, bytes: reply }));
  };
  const link: PartLink = new PartLink({
    handle: options.handle,
    ...(options.payloadMax === undefined ? {} : { payloadMax: options.payloadMax }),
    onReady: () => {
      if (link.reply !== undefined) offer(link.reply);
    },
  });
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    const messages = wire.push(chunk);
    if (messages === undefined) return void socket.destroy();
    for (const message of messages) {
      if (message.kind !== 'write') return void socket.destroy();
      transaction = message.transaction;
      link.receive(message.bytes);
    }
  });
}
