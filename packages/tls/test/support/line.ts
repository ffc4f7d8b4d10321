import { duplexPair } from 'node:stream';
import tls from 'node:tls';
import { Wire, type WireOptions } from './wire.ts';

export interface LineOptions extends WireOptions {
  readonly serverOptions?: tls.SecureContextOptions &
    Pick<tls.TLSSocketOptions, 'requestCert' | 'rejectUnauthorized' | 'ALPNProtocols'>;
}

/** A client and an OpenSSL server on the two ends of a pipe in memory. */
export class Line extends Wire {
  readonly server: tls.TLSSocket;
  readonly serverReceived: Buffer[] = [];
  serverError: Error | undefined;
  #handshakeDone = false;

  constructor(options: LineOptions) {
    const [near, far] = duplexPair();
    const server = acceptOn(far, options);
    super(near, options);
    this.server = server;
    server.on('secure', () => {
      this.#handshakeDone = true;
      this.wake();
    });
    server.on('data', (bytes: Buffer) => {
      this.serverReceived.push(bytes);
      this.wake();
    });
    server.on('error', (error) => {
      this.serverError = error;
      this.wake();
    });
    server.on('end', () => this.wake());
  }

  connected(): Promise<void> {
    return this.until('both ends are connected', () => this.client.status.phase === 'connected' && this.#handshakeDone);
  }

  override end(): void {
    this.server.destroy();
    super.end();
  }

  protected override describe(): string {
    return `${super.describe()}, server ${this.serverError ?? 'without error'}`;
  }
}

function acceptOn(
  socket: ReturnType<typeof duplexPair>[number],
  { server, serverOptions }: LineOptions,
): tls.TLSSocket {
  const { requestCert, rejectUnauthorized, ALPNProtocols = ['mqtt'], ...context } = serverOptions ?? {};
  return new tls.TLSSocket(socket, {
    isServer: true,
    secureContext: tls.createSecureContext({ key: server.keyPem, cert: server.certificatePem, ...context }),
    ALPNProtocols,
    ...(requestCert === undefined ? {} : { requestCert }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  });
}
