import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { type DeviceStream, type StreamOptions, stream } from '@keystile/device';
import { commands } from '@keystile/link';
import { type EchoServer, echoServer, InProcessPart, SERVER_NAME, TestFleet } from '@keystile/testkit';

let fleet: TestFleet;
let operational: InProcessPart;
let part: InProcessPart;
before(async () => {
  fleet = await TestFleet.create();
  operational = new InProcessPart({ clock: fleet.clock });
  await fleet.provision(operational);
});
after(() => fleet.remove());
beforeEach(async () => {
  part = operational.fork();
  await fleet.boot(part.host);
});

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function server(options: TlsOptions & { echoes?: boolean } = {}): Promise<EchoServer> {
  const started = await echoServer({ ...(await fleet.server()), ...fleet.demandsDevice, ...options });
  ends.push(() => started.close());
  return started;
}

function dial(port: number, options: Partial<StreamOptions> = {}): DeviceStream {
  const connection = stream({
    part: part.host,
    policy: 'fleet',
    host: '127.0.0.1',
    port,
    serverName: SERVER_NAME,
    ...options,
  });
  ends.push(() => connection.destroy());
  return connection;
}

/** Both ends of a connection that stands. */
async function connected(options: TlsOptions & { echoes?: boolean } = {}): Promise<[DeviceStream, TLSSocket]> {
  const started = await server(options);
  const connection = dial(started.port);
  const [socket] = await Promise.all([started.nextSocket(), once(connection, 'secureConnect')]);
  return [connection, socket];
}

/** A TCP server that does with each connection what the test wants. */
async function tcpServer(accept: (socket: Socket) => void): Promise<number> {
  const tcp: Server = createTcpServer((socket) => {
    socket.on('error', () => {});
    ends.push(() => socket.destroy());
    accept(socket);
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  ends.push(() => tcp.close());
  return (tcp.address() as { port: number }).port;
}

async function failure(connection: DeviceStream): Promise<{ code: string; message: string }> {
  const [error] = (await once(connection, 'error')) as [{ code: string; message: string }];
  return error;
}

async function everything(connection: DeviceStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of connection) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('the stream', () => {
  it('carries bytes both ways, unchanged and in order', async () => {
    const [connection] = await connected();
    const sent = randomBytes(300_000);
    connection.write(sent.subarray(0, 1));
    connection.write(sent.subarray(1, 20_000));
    connection.write(sent.subarray(20_000));
    const received: Buffer[] = [];
    let length = 0;
    for await (const chunk of connection) {
      received.push(chunk);
      length += chunk.length;
      if (length >= sent.length) break;
    }
    assert.equal(digest(Buffer.concat(received)), digest(sent));
  });

  it('is there at once: what is written before the handshake waits for it', async () => {
    const { port } = await server();
    const connection = dial(port);
    assert.equal(connection.connected, false);
    connection.write('first');
    connection.write(' second');
    let received = '';
    for await (const chunk of connection) {
      received += chunk.toString();
      if (received.length >= 12) break;
    }
    assert.equal(received, 'first second');
  });

  it('says what was negotiated and what it cost on the bus', async () => {
    const [connection] = await connected();
    assert.equal(connection.connected, true);
    const report = await connection.session();
    assert.partialDeepStrictEqual(report, { protocol: 'TLSv1.3', alpn: 'mqtt', clientAuthenticated: true });
    assert.ok(report.busFrames >= 4 && report.busBytes > 1000 && report.ms > 0);
  });

  it('ends with close_notify, which the server sees as the end, and frees the session', async () => {
    const [connection, socket] = await connected({ echoes: false });
    socket.resume();
    const ended = once(socket, 'end');
    connection.end('goodbye');
    connection.resume();
    await ended;
    connection.destroy();
    if (!connection.closed) await once(connection, 'close');
    assert.equal((await part.call(commands.status, {})).sessionsOpen, 0);
  });

  it('keeps no more than a little of what the application does not take', async () => {
    const [connection, socket] = await connected({ echoes: false });
    socket.write(Buffer.alloc(16_000_000, 'x'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { readable } = await part.call(commands.tlsPull, { handle: 1 });
    assert.ok(readable <= 65_536, `${readable} bytes in the part`);
    assert.ok(connection.readableLength <= 65_536, `${connection.readableLength} bytes in the stream`);
    assert.ok(socket.writableLength > 0, 'the server is slowed down');
  });
});

describe('the end of a connection', () => {
  it('comes after the last byte, however late the application reads, when the server closes TLS', async () => {
    for (const waitMs of [0, 50]) {
      for (const length of [0, 1, 20_000, 150_000]) {
        const [connection, socket] = await connected({ echoes: false });
        // Node's server leaves close_notify out when it ends while its tickets are still on their way.
        connection.write('go');
        await once(socket, 'data');
        const sent = randomBytes(length);
        socket.end(sent);
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        assert.equal(digest(await everything(connection)), digest(sent), `${length} bytes after ${waitMs} ms`);
      }
    }
  });

  it('without close_notify is an error behind the last byte: what came may be cut short', async () => {
    const { port } = await server({ echoes: false });
    let cut = (): void => {};
    // The wire between the two, which somebody cuts.
    const relay = await tcpServer((socket) => {
      const onwards = connect(port, '127.0.0.1');
      onwards.on('error', () => {});
      socket.pipe(onwards, { end: false });
      onwards.on('data', (chunk) => socket.write(chunk));
      cut = () => void socket.end();
      ends.push(() => onwards.destroy());
    });
    const connection = dial(relay);
    await once(connection, 'secureConnect');
    const failed = failure(connection);
    connection.resume();
    cut();
    assert.equal((await failed).code, 'KS-D101');
  });

  it('in the middle of the handshake says so', async () => {
    const port = await tcpServer((socket) => socket.once('data', () => socket.end()));
    assert.equal((await failure(dial(port))).code, 'KS-D102');
  });

  it('by a reset is told from an orderly one', async () => {
    const port = await tcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const { code, message } = await failure(dial(port));
    assert.equal(code, 'KS-D100');
    assert.match(message, /ECONNRESET/);
  });

  it('by an alert and a reset behind it says what the alert says', async () => {
    const port = await tcpServer((socket) =>
      socket.once('data', () => {
        // handshake_failure, fatal, in the clear.
        socket.write(Uint8Array.of(21, 3, 3, 0, 2, 2, 40));
        setImmediate(() => socket.resetAndDestroy());
      }),
    );
    assert.equal((await failure(dial(port))).code, 'KS-T103');
  });
});

describe('a connection that does not come about', () => {
  it('where nobody listens says which host and port', async () => {
    const port = await tcpServer(() => {});
    await Promise.all(ends.splice(0).map((end) => end()));
    const { code, message } = await failure(dial(port));
    assert.equal(code, 'KS-D100');
    assert.match(message, new RegExp(`127\\.0\\.0\\.1:${port}.*ECONNREFUSED`));
  });

  it('where nobody answers TLS is given up in time, and the session is freed', async () => {
    const port = await tcpServer(() => {});
    const connection = dial(port, { connectTimeoutMs: 50 });
    assert.equal((await failure(connection)).code, 'KS-D104');
    assert.equal((await part.call(commands.status, {})).sessionsOpen, 0);
  });

  it('where not even TCP is answered is given up in time too', async () => {
    const port = await deafPort();
    const startedMs = performance.now();
    const connection = dial(port, { connectTimeoutMs: 100 });
    assert.equal((await failure(connection)).code, 'KS-D104');
    assert.ok(performance.now() - startedMs < 5000);
  });

  it('is given up by destroy, and what waited to be written learns it', async () => {
    const port = await tcpServer(() => {});
    const connection = dial(port);
    const written = new Promise<Error | null | undefined>((resolve) => connection.write('never', resolve));
    connection.destroy();
    const error = (await written) as (Error & { code?: string }) | undefined;
    assert.equal(error?.code, 'KS-D100');
    if (!connection.closed) await once(connection, 'close');
    assert.equal((await part.call(commands.status, {})).sessionsOpen, 0);
    await assert.rejects(connection.session(), { code: 'KS-D100' });
  });

  it('because the part refuses says what the part says', async () => {
    const { port } = await server();
    assert.equal((await failure(dial(port, { policy: 'none' }))).code, 'KS-C160');
    assert.equal((await failure(dial(port, { serverName: 'evil.test' }))).code, 'KS-C161');
  });
});

/** A port whose queue of connections is full and whose owner never takes one: SYNs are left unanswered. */
async function deafPort(): Promise<number> {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const server = require('node:net').createServer();
     server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
     });`,
    { eval: true },
  );
  ends.push(() => worker.terminate());
  const [port] = (await once(worker, 'message')) as [number];
  for (let each = 0; each < 4; each++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    ends.push(() => socket.destroy());
    await Promise.race([once(socket, 'connect'), new Promise((resolve) => setTimeout(resolve, 100))]);
  }
  return port;
}
