import type { TlsOptions } from 'node:tls';
import { type DeviceStream, stream } from '@keystile/device';
import { echoServer, type InProcessPart, type ProcessPart, SERVER_NAME, type TestFleet } from '@keystile/testkit';

export interface ConnectOptions extends TlsOptions {
  readonly policy?: string;
  readonly serverName?: string;
}

/** One whole handshake with OpenSSL and one echoed line over it; then everything is closed. Throws what the part refuses with. */
export async function connectInProcess(
  fleet: TestFleet,
  part: InProcessPart | ProcessPart,
  options: ConnectOptions = {},
): Promise<void> {
  const { policy = 'fleet', serverName = SERVER_NAME, ...tls } = options;
  const server = await echoServer({ ...(await fleet.server()), ...fleet.demandsDevice, ...tls });
  try {
    await dialAndEcho(stream({ part: part.host, policy, host: '127.0.0.1', port: server.port, serverName }));
  } finally {
    await server.close();
  }
}

/** Waits until the connection stands and a line has come back. */
export async function dialAndEcho(connection: DeviceStream, line = 'are you there?'): Promise<void> {
  connection.write(line);
  let received = '';
  // Leaving the loop destroys the stream.
  for await (const chunk of connection) {
    received += chunk.toString('latin1');
    if (received.length >= line.length) break;
  }
  if (received !== line) throw new Error(`'${received}' came back for '${line}'`);
}
