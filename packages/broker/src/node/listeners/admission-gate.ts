import type { Server, Socket } from 'node:net';
import type { NetworkConfiguration } from '../configuration/schema.ts';
import { HalfOpen } from '../half-open.ts';
import type { ProgramLog } from '../log.ts';
import { shown } from './bind.ts';

/**
 * Stands before TLS: counts connections that have not been admitted, by address, and turns away one too many before it
 * costs a handshake.
 */
export class AdmissionGate {
  readonly #halfOpen: HalfOpen;
  readonly #name: string;
  readonly #log: ProgramLog;

  constructor(server: Server, configuration: NetworkConfiguration, log: ProgramLog) {
    this.#halfOpen = new HalfOpen(configuration.half_open);
    this.#name = configuration.name;
    this.#log = log;
    server.maxConnections = configuration.connections;
    server.on('connection', (socket: Socket) => this.#pass(socket));
    server.on('drop', () => {
      const sentence = `listener '${this.#name}' has ${configuration.connections} connections, the most that it takes`;
      log.event({ level: 'warn', event: 'refused', code: 'KS-B118', sentence });
    });
  }

  admitted(socket: Socket): void {
    this.#halfOpen.settled(socket.remoteAddress ?? '', socket.remotePort ?? 0);
  }

  #pass(socket: Socket): void {
    const { remoteAddress = '', remotePort = 0 } = socket;
    if (!this.#halfOpen.opened(remoteAddress, remotePort)) {
      const remote = shown(remoteAddress, remotePort);
      const sentence = `${remoteAddress} has too many connections without CONNECT on listener '${this.#name}'`;
      this.#log.event({ level: 'warn', event: 'refused', code: 'KS-B113', sentence, remote });
      socket.destroy();
      return;
    }
    socket.on('close', () => this.#halfOpen.settled(remoteAddress, remotePort));
  }
}
