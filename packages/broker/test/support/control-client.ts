import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';

type Line = Readonly<Record<string, unknown>>;

/** A client of the control socket: a line there, a line back. */
export class ControlClient {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;

  private constructor(socket: Socket, lines: Interface) {
    this.#socket = socket;
    this.#lines = lines[Symbol.asyncIterator]();
  }

  static async open(path: string): Promise<ControlClient> {
    const socket = connect(path);
    const lines = createInterface({ input: socket });
    await once(socket, 'connect');
    return new ControlClient(socket, lines);
  }

  async ask(request: object | string): Promise<Line> {
    this.#socket.write(`${typeof request === 'string' ? request : JSON.stringify(request)}\n`);
    return await this.next();
  }

  async next(): Promise<Line> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('the broker has closed the control socket');
    return JSON.parse(value) as Line;
  }

  close(): void {
    this.#socket.destroy();
  }
}
