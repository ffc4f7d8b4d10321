import { createServer, type Socket } from 'node:net';
import type { RequestOrigin } from '../channel/link-pairing.ts';
import { PartLink } from '../exchange/part-link.ts';
import { type BusFaultRates, BusFaults, STALL_MS } from './bus-faults.ts';
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
  /** What disturbs the wires; nothing when absent. */
  readonly faults?: BusFaultRates;
}

export interface VirtualBusServer {
  close(): Promise<void>;
}

/** Masters that may attach at once: the device, the operator, and some to spare. */
const MASTERS_MAX = 16;

export async function serveVirtualBus(options: VirtualBusServerOptions): Promise<VirtualBusServer> {
  const masters = new Set<Socket>();
  let attached = 0;
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
    const faults = options.faults && new BusFaults(options.faults, attached++);
    attachMaster(socket, { ...options, handle, disturbance: new Disturbance(socket, faults) });
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

interface MasterOptions extends Omit<VirtualBusServerOptions, 'faults'> {
  readonly disturbance: Disturbance;
}

function attachMaster(socket: Socket, { disturbance, ...options }: MasterOptions): void {
  const wire = new WireReader();
  let transaction = 0;
  const offer = (reply: Uint8Array): void => {
    if (!socket.destroyed) socket.write(encodeWire({ kind: 'ready', transaction, bytes: reply }));
  };
  const link: PartLink = new PartLink({
    handle: options.handle,
    ...(options.payloadMax === undefined ? {} : { payloadMax: options.payloadMax }),
    onReady: () => {
      if (link.reply !== undefined) disturbance.reply(link.reply, offer);
    },
  });
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    const messages = wire.push(chunk);
    if (messages === undefined) return void socket.destroy();
    for (const message of messages) {
      if (message.kind !== 'write') return void socket.destroy();
      transaction = message.transaction;
      disturbance.request(message.bytes, (frame) => link.receive(frame), offer);
    }
  });
}

/** What lies between one master and the part: wires that hand on each frame as it is, or as a fault has left it. */
class Disturbance {
  readonly #socket: Socket;
  readonly #faults: BusFaults | undefined;
  /** A reply that is still on its way a second time. */
  #again: Uint8Array | undefined;

  constructor(socket: Socket, faults: BusFaults | undefined) {
    this.#socket = socket;
    this.#faults = faults;
  }

  request(frame: Uint8Array, arrive: (frame: Uint8Array) => void, offer: (reply: Uint8Array) => void): void {
    if (this.#again !== undefined) offer(this.#again);
    this.#again = undefined;
    this.#disturb(frame, arrive, () => {
      arrive(frame);
      arrive(frame);
    });
  }

  reply(frame: Uint8Array, arrive: (frame: Uint8Array) => void): void {
    this.#disturb(frame, arrive, () => {
      arrive(frame);
      this.#again = frame;
    });
  }

  #disturb(frame: Uint8Array, arrive: (frame: Uint8Array) => void, duplicate: () => void): void {
    switch (this.#faults?.next()) {
      case 'flip':
        return arrive(this.#faults.flipped(frame));
      case 'drop':
        return;
      case 'stall':
        return this.#later(() => arrive(frame));
      case 'duplicate':
        return duplicate();
      case undefined:
        return arrive(frame);
    }
  }

  #later(arrive: () => void): void {
    const timer = setTimeout(() => {
      if (!this.#socket.destroyed) arrive();
    }, STALL_MS);
    timer.unref();
  }
}
