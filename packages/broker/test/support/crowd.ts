import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** An address of its own for each client, in 127.0.0.0/8: without the one that everybody uses. */
export function addressOf(number: number): string {
  return `127.${1 + (Math.floor(number / 50_000) % 200)}.${Math.floor(number / 250) % 200}.${1 + (number % 250)}`;
}

/** Connections that one attacker opens, and what becomes of them. */
export class Crowd {
  readonly sockets: Socket[] = [];
  #closed = 0;

  get closed(): number {
    return this.#closed;
  }

  /** `first` is written as soon as the connection is there. */
  async open(port: number, localAddress: string, first: Uint8Array = new Uint8Array(0)): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    this.sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed += 1;
    });
    socket.resume();
    await once(socket, 'connect');
    if (first.length > 0) socket.write(first);
    return socket;
  }

  /** Whether so many are closed within the time. */
  async untilClosed(count: number, patienceMs: number): Promise<boolean> {
    for (const untilMs = performance.now() + patienceMs; performance.now() < untilMs; await sleep(10)) {
      if (this.#closed >= count) return true;
    }
    return this.#closed >= count;
  }

  disperse(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}
