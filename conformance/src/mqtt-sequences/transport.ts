import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { createWebSocketStream, WebSocket } from 'ws';
import type { Listeners } from './broker.ts';

/** The three ways to a broker; bytes are the same on each. */
export const transports = ['tcp', 'tls', 'websocket'] as const;
export type Transport = (typeof transports)[number];

export async function open(transport: Transport, { ports, credentials }: Listeners): Promise<Duplex> {
  if (transport === 'websocket') return openWebSocket(ports.wss, credentials);
  const socket =
    transport === 'tcp'
      ? connectTcp({ host: '127.0.0.1', port: ports.insecure, noDelay: true })
      : connectTls({
          host: '127.0.0.1',
          port: ports.mqtts,
          servername: 'localhost',
          ALPNProtocols: ['mqtt'],
          ...credentials,
        });
  await once(socket, transport === 'tcp' ? 'connect' : 'secureConnect');
  return socket;
}

async function openWebSocket(port: number, credentials: Listeners['credentials']): Promise<Duplex> {
  const socket = new WebSocket(`wss://localhost:${port}/`, 'mqtt', { ...credentials, perMessageDeflate: false });
  const stream = createWebSocketStream(socket);
  await once(socket, 'open');
  return stream;
}

/** Reads a connection piece by piece. */
export class Inbox {
  #bytes = Buffer.alloc(0);
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(stream: Duplex) {
    stream.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake?.();
    });
    const ended = (): void => {
      this.#ended = true;
      this.#wake?.();
    };
    for (const event of ['end', 'close', 'error']) stream.on(event, ended);
  }

  /** `length` bytes, or fewer when the connection ends or `patienceMs` passes first. */
  async take(length: number, patienceMs: number): Promise<Buffer> {
    await this.#until(() => this.#bytes.length >= length, patienceMs);
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(taken.length);
    return taken;
  }

  /** True when the connection ended, and nothing came before that. */
  async ended(patienceMs: number): Promise<boolean> {
    await this.#until(() => this.#bytes.length > 0, patienceMs);
    return this.#ended && this.#bytes.length === 0;
  }

  async #until(isEnough: () => boolean, patienceMs: number): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while (!isEnough() && !this.#ended) {
      const left = deadline - performance.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
