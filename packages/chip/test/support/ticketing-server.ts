import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { type DeviceStream, stream } from '@keystile/device';
import { echoServer, type InProcessPart, SERVER_NAME, type TestFleet } from '@keystile/testkit';

/** Servers that share the keys of their tickets: whether a connection is resumed is up to the part alone. */
export class TicketingServers {
  readonly #fleet: TestFleet;
  readonly #ticketing = { ticketKeys: randomBytes(48), sessionIdContext: 'fleet' };
  readonly #ends: (() => unknown)[] = [];

  constructor(fleet: TestFleet) {
    this.#fleet = fleet;
  }

  async start(options: TlsOptions = {}): Promise<Connect> {
    const credential = options.cert === undefined ? await this.#fleet.server() : {};
    const echo = await echoServer({ ...credential, ...this.#fleet.demandsDevice, ...this.#ticketing, ...options });
    this.#ends.push(() => echo.close());
    return async (part, { policy = 'resuming', serverName = SERVER_NAME } = {}) => {
      const connection = stream({ part: part.host, policy, host: '127.0.0.1', port: echo.port, serverName });
      this.#ends.push(() => connection.destroy());
      const [socket] = await Promise.all([echo.nextSocket(), once(connection, 'secureConnect')]);
      // Tickets come before the echo.
      connection.write('echo');
      assert.equal(String(await once(connection, 'data')), 'echo');
      const resumed = socket.isSessionReused();
      assert.equal((await connection.session()).resumed, resumed, 'both ends say the same');
      return { connection, socket, resumed };
    };
  }

  /** Ends all connections and servers. */
  async close(): Promise<void> {
    for (const end of this.#ends.splice(0)) await end();
  }
}

export type Connect = (
  part: InProcessPart,
  target?: { readonly policy?: string; readonly serverName?: string },
) => Promise<Connected>;

export interface Connected {
  readonly connection: DeviceStream;
  readonly socket: TLSSocket;
  /** The server's word. */
  readonly resumed: boolean;
}
