import type { Socket } from 'node:net';
import { KeystileError } from '@keystile/errors';
import type { BusMaster } from '../exchange/bus-master.ts';
import { type BusSpeed, clockPeriods } from './bus-speed.ts';
import { connectToSocket } from './socket-path.ts';
import { encodeWire, WireReader } from './virtual-bus-wire.ts';

/**
 * The host's end of the virtual bus: what an SPI or I2C controller would be, with an account of every clock period.
 *
 * Bus time is computed, not spent: the figure is what the wires would have taken at this clock.
 */
export interface VirtualBusOptions {
  readonly path: string;
  readonly bus: BusSpeed;
  /** False: no ready line; the master polls every `pollIntervalMs`. */
  readonly readyLine?: boolean;
  readonly pollIntervalMs?: number;
}

export interface VirtualBus extends BusMaster {
  readonly bus: BusSpeed;
  /** Clock periods of all transactions so far, polls included. */
  readonly clockPeriods: number;
  /** The same in nanoseconds at the bus' clock. */
  readonly busNs: number;
}

const POLL_INTERVAL_MS = 1;
/** What an SPI slave without data drives. */
const IDLE = 0xff;

/** Attaches to the part at `path`. Throws `KS-L103` or `KS-L105`. */
export async function openVirtualBus(options: VirtualBusOptions): Promise<VirtualBus> {
  const socket = await connectToSocket(options.path);
  return new SocketBus(socket, options);
}

class SocketBus implements VirtualBus {
  readonly bus: BusSpeed;
  readonly #socket: Socket;
  readonly #options: VirtualBusOptions;
  readonly #wire = new WireReader();
  #periods = 0;
  /** Of the last write, modulo 256. */
  #transaction = 0;
  /** What the part drives when it is read: the rest of what it offered since that write. */
  #offered: Uint8Array | undefined;
  #isReady = false;
  #closed = false;
  #awaitingReady: ((ready: boolean) => void) | undefined;

  constructor(socket: Socket, options: VirtualBusOptions) {
    this.bus = options.bus;
    this.#socket = socket;
    this.#options = options;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#end());
  }

  get clockPeriods(): number {
    return this.#periods;
  }

  get busNs(): number {
    return Math.round((this.#periods * 1e9) / this.bus.hz);
  }

  async write(transaction: Uint8Array): Promise<void> {
    this.#checkOpen();
    this.#isReady = false;
    this.#offered = undefined;
    this.#transaction = (this.#transaction + 1) & 0xff;
    this.#periods += clockPeriods(this.bus.kind, transaction.length);
    this.#socket.write(encodeWire({ kind: 'write', transaction: this.#transaction, bytes: transaction }));
  }

  async read(length: number): Promise<Uint8Array | undefined> {
    this.#checkOpen();
    const offered = this.#offered;
    const isAcknowledged = offered !== undefined || this.bus.kind === 'spi';
    this.#periods += clockPeriods(this.bus.kind, isAcknowledged ? length : 0);
    if (offered === undefined) return isAcknowledged ? new Uint8Array(length).fill(IDLE) : undefined;
    this.#offered = offered.length > length ? offered.subarray(length) : undefined;
    if (offered.length >= length) return offered.subarray(0, length);
    const bytes = new Uint8Array(length).fill(IDLE);
    bytes.set(offered);
    return bytes;
  }

  async ready(timeoutMs: number): Promise<boolean> {
    this.#checkOpen();
    if (this.#isReady) return true;
    const polls = this.#options.readyLine === false;
    const waitMs = polls ? Math.min(timeoutMs, this.#options.pollIntervalMs ?? POLL_INTERVAL_MS) : timeoutMs;
    const ready = await this.#waitForReady(waitMs);
    this.#checkOpen();
    return polls || ready;
  }

  close(): void {
    this.#socket.destroy();
  }

  #waitForReady(waitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settleReady(false), waitMs);
      this.#awaitingReady = (ready) => {
        clearTimeout(timer);
        resolve(ready);
      };
    });
  }

  #settleReady(ready: boolean): void {
    const waiting = this.#awaitingReady;
    this.#awaitingReady = undefined;
    waiting?.(ready);
  }

  #receive(chunk: Uint8Array): void {
    for (const { kind, transaction, bytes } of this.#wire.push(chunk) ?? []) {
      if (kind !== 'ready' || transaction !== this.#transaction) continue;
      this.#offered = bytes;
      if (this.#options.readyLine === false) continue;
      this.#isReady = true;
      this.#settleReady(true);
    }
  }

  #end(): void {
    this.#closed = true;
    this.#settleReady(false);
  }

  #checkOpen(): void {
    if (this.#closed) throw closed();
  }
}

function closed(): KeystileError {
  return new KeystileError('KS-L106', 'the part has left the bus');
}
