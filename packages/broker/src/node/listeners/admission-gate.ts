import { createServer, type Server, type Socket } from 'node:net';
import type { NetworkConfiguration } from '../configuration/schema.ts';
import { HalfOpen } from '../half-open.ts';
import type { ProgramLog } from '../log.ts';
import { AcceptPace } from './accept-pace.ts';
import { bind, portOf, remoteOf, shown } from './bind.ts';

/**
 * The accepting socket of a network listener. It counts connections that have not been admitted, by address, and turns
 * away one too many before it costs a TLS handshake. The others begin theirs at a steady pace.
 */
export class AdmissionGate {
  readonly #halfOpen: HalfOpen;
  readonly #configuration: NetworkConfiguration;
  readonly #log: ProgramLog;
  readonly #server: Server;
  readonly #pace: AcceptPace<Socket>;

  /** `pass` gets the connections that may go on. */
  constructor(configuration: NetworkConfiguration, log: ProgramLog, pass: (socket: Socket) => void) {
    this.#halfOpen = new HalfOpen(configuration.half_open);
    this.#configuration = configuration;
    this.#log = log;
    const { accepts_per_second: perSecond, loop_lag_ms: lagMsMax, handshake_timeout_ms: waitMsMax } = configuration;
    this.#pace = new AcceptPace({
      perSecond,
      lagMsMax,
      waitMsMax,
      pass: (socket) => {
        if (!socket.destroyed) pass(socket);
      },
      turnAway: (socket) => this.#turnAway(socket),
    });
    this.#server = createServer({ noDelay: true }, (socket) => {
      if (this.#mayPass(socket)) this.#pace.enter(socket);
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
    const { name, address, port } = this.#configuration;
    await bind(this.#server, { host: address, port }, `listener '${name}' on ${shown(address, port)}`);
    return portOf(this.#server);
  }

  admitted(socket: Socket): void {
    this.#halfOpen.settled(socket.remoteAddress ?? '', socket.remotePort ?? 0);
  }

  /** Accepts nothing more. Open connections are the driver's to end. */
  close(): Promise<void> {
    this.#server.close();
    this.#pace.close();
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
    // Nobody else listens while it waits in line; a reset is no fault of ours.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#halfOpen.settled(remoteAddress, remotePort));
    return true;
  }

  #turnAway(socket: Socket): void {
    if (socket.destroyed) return;
    const sentence = `listener '${this.#configuration.name}' has more connections waiting than it can serve in time`;
    this.#log.event({ level: 'warn', event: 'refused', code: 'KS-B372', sentence, remote: remoteOf(socket) });
    socket.destroy();
  }
}
