import { createServer, type Server, type Socket } from 'node:net';
import type { NetworkConfiguration } from '../configuration/schema.ts';
import { HalfOpen } from '../half-open.ts';
import type { ProgramLog } from '../log.ts';
import { bind, portOf, shown } from './bind.ts';

/**
 * The accepting socket of a network listener. It counts connections that have not been admitted, by address, and turns
 * away one too many before it costs a TLS handshake.
 */
export class AdmissionGate {
  readonly #halfOpen: HalfOpen;
  readonly #configuration: NetworkConfiguration;
  readonly #log: ProgramLog;
  readonly #server: Server;

  /** `pass` gets the connections that may go on. */
  constructor(configuration: NetworkConfiguration, log: ProgramLog, pass: (socket: Socket) => void) {
    this.#halfOpen = new HalfOpen(configuration.half_open);
    this.#configuration = configuration;
    this.#log = log;
    this.#server = createServer({ noDelay: true }, (socket) => {
      if (this.#mayPass(socket)) pass(socket);
    });
    this.#server.maxConnections = configuration.connections;
    this.#server.on('drop', () => {
      const { name, connections } = configuration;
      const sentence = `listener '${name}' has ${connections} connections, the most that it takes`;
      log.event({ level: 'warn', event: 'refused', code: 'KS-B118', sentence });
    });
  }

  /** Resolves with the port. */
  async listen(): Promise<number> {
    const { name, address, port, reuse_port: reusePort } = this.#configuration;
    await bind(this.#server, { host: address, port, reusePort }, `listener '${name}' on ${shown(address, port)}`);
    return portOf(this.#server);
  }

  admitted(socket: Socket): void {
    this.#halfOpen.settled(socket.remoteAddress ?? '', socket.remotePort ?? 0);
  }

  /** Accepts nothing more. Open connections are the driver's to end. */
  close(): Promise<void> {
    this.#server.close();
    return Promise.resolve();
  }

  #mayPass(socket: Socket): boolean {
    const { remoteAddress = '', remotePort = 0 } = socket;
    if (!this.#halfOpen.opened(remoteAddress, remotePort)) {
      const sentence = `${remoteAddress} has too many connections without CONNECT on listener '${this.#configuration.name}'`;
      const remote = shown(remoteAddress, remotePort);
      this.#log.event({ level: 'warn', event: 'refused', code: 'KS-B113', sentence, remote });
      socket.destroy();
      return false;
    }
    socket.on('close', () => this.#halfOpen.settled(remoteAddress, remotePort));
    return true;
  }
}
