import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A probe on the wires of a virtual bus: it passes everything on, and keeps it. */
export class BusProbe {
  readonly path: string;
  /** Whatever crossed, in both directions, as it came. */
  readonly seen: Buffer[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(path: string, busPath: string) {
    this.path = path;
    this.#server = createServer((master) => {
      const slave = connect(busPath);
      this.#pass(master, slave);
      this.#pass(slave, master);
    });
  }

  static async on(busPath: string): Promise<BusProbe> {
    const probe = new BusProbe(`${busPath}.probe`, busPath);
    probe.#server.listen(probe.path);
    await once(probe.#server, 'listening');
    return probe;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (chunk) => {
      this.seen.push(chunk);
      to.write(chunk);
    });
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }
}
