import { once } from 'node:events';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';

/** OpenSSL on the other end: it answers every byte with the same byte. */
export interface EchoServer {
  readonly port: number;
  /** Connections that completed their handshake, the oldest first. */
  readonly sockets: readonly TLSSocket[];
  /** Lines of OpenSSL's key log: every traffic secret of every handshake. */
  readonly keyLog: readonly string[];
  /** Why handshakes failed, in OpenSSL's words. */
  readonly failures: readonly string[];
  /** Whatever the server sends of its own accord is up to the test. */
  nextSocket(): Promise<TLSSocket>;
  close(): Promise<void>;
}

export interface EchoOptions extends TlsOptions {
  readonly echoes?: boolean;
  /** OCSPResponse, DER, for whoever asks. */
  readonly stapledOcsp?: Uint8Array | undefined;
}

export async function echoServer(options: EchoOptions): Promise<EchoServer> {
  const sockets: TLSSocket[] = [];
  const keyLog: string[] = [];
  const failures: string[] = [];
  const server = createServer({ ALPNProtocols: ['mqtt'], ...options });
  server.on('secureConnection', (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    if (options.echoes !== false) socket.on('data', (chunk: Buffer) => socket.write(chunk));
  });
  const { stapledOcsp } = options;
  if (stapledOcsp !== undefined) {
    server.on('OCSPRequest', (_certificate, _issuer, answer: (error: null, response: Buffer) => void) =>
      answer(null, Buffer.from(stapledOcsp)),
    );
  }
  server.on('keylog', (line: Buffer) => keyLog.push(line.toString().trim()));
  server.on('tlsClientError', (error: Error & { code?: string }) => failures.push(`${error.code} ${error.message}`));
  const open = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return {
    port: address.port,
    sockets,
    keyLog,
    failures,
    nextSocket: async () => (await once(server, 'secureConnection'))[0] as TLSSocket,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
