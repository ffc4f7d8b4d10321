import assert from 'node:assert/strict';
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { type EventEmitter, once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { Duplex, duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, it } from 'node:test';
import tls from 'node:tls';
import { KeystileError } from '@keystile/errors';
import { defaultTlsPolicy, TicketStore } from '../../src/index.ts';
import { type ConnectOptions, connect, type TlsStream } from '../../src/node/index.ts';
import { type Issued, IssuingRoot, slowSigner } from '../support/issued.ts';
import { bothVersions } from '../support/tls12-policy.ts';

let root: IssuingRoot;
let serverCredential: Issued;
let device: Issued;
before(async () => {
  root = await IssuingRoot.make();
  serverCredential = await root.server('broker.test', '127.0.0.1');
  device = await root.client('device-1');
});

const open: { destroy(): unknown }[] = [];
const listening: net.Server[] = [];
after(() => {
  for (const each of open) each.destroy();
  for (const server of listening) server.close();
});

async function listen(options: tls.TlsOptions, onSocket: (socket: tls.TLSSocket) => void): Promise<number> {
  const server = tls.createServer({
    key: serverCredential.keyPem,
    cert: serverCredential.pem,
    ca: root.pem,
    requestCert: true,
    ALPNProtocols: ['mqtt'],
    ...options,
  });
  server.on('secureConnection', (socket) => {
    open.push(socket);
    socket.on('error', () => {});
    // node:tls sends no close_notify when it is ended inside this very event.
    setImmediate(() => onSocket(socket));
  });
  listening.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function dial(port: number, options: Partial<ConnectOptions> = {}): TlsStream {
  const stream = connect({
    host: '127.0.0.1',
    port,
    servername: 'broker.test',
    ca: root.pem,
    cert: device.pem,
    signer: slowSigner(device),
    ALPNProtocols: ['mqtt'],
    ...options,
  });
  open.push(stream);
  return stream;
}

async function failureOf(emitter: EventEmitter): Promise<KeystileError> {
  const [error] = await once(emitter, 'error');
  assert.ok(error instanceof KeystileError, String(error));
  return error;
}

describe('connect', () => {
  it('has what MQTT.js, undici and ws ask of a tls.TLSSocket', async () => {
    const peerName = Promise.withResolvers<unknown>();
    const port = await listen({}, (socket) => {
      peerName.resolve(socket.getPeerCertificate().subject.CN);
      socket.pipe(socket);
    });
    const stream = dial(port);
    assert.deepEqual([stream.encrypted, stream.authorized, stream.connecting], [true, false, true]);
    assert.deepEqual(stream.getPeerCertificate(), {});
    await once(stream, 'secureConnect');
    assert.equal(await peerName.promise, 'device-1');
    const { authorized, authorizationError, alpnProtocol, servername, connecting, remoteAddress, remotePort } = stream;
    assert.deepEqual(
      { authorized, authorizationError, alpnProtocol, servername, connecting, remoteAddress, remotePort },
      {
        authorized: true,
        authorizationError: null,
        alpnProtocol: 'mqtt',
        servername: 'broker.test',
        connecting: false,
        remoteAddress: '127.0.0.1',
        remotePort: port,
      },
    );
    assert.deepEqual(
      [stream.remoteFamily, stream.localAddress, typeof stream.localPort],
      ['IPv4', '127.0.0.1', 'number'],
    );
    assert.deepEqual([stream.getProtocol(), stream.isSessionReused()], ['TLSv1.3', false]);
    assert.equal(stream.getCipher()?.name, 'TLS_AES_256_GCM_SHA384');
    assert.deepEqual(stream.getEphemeralKeyInfo(), { name: 'X25519' });
    const expected = new X509Certificate(serverCredential.pem);
    assert.equal(stream.getPeerX509Certificate()?.fingerprint256, expected.fingerprint256);
    assert.equal(Reflect.get(stream.getPeerCertificate(), 'fingerprint256'), expected.fingerprint256);
    for (const same of [stream.setKeepAlive(true, 1000), stream.setNoDelay(), stream.setTimeout(0), stream.unref()]) {
      assert.equal(same, stream);
    }
    stream.ref().end('hello');
    assert.equal(await text(stream), 'hello');
  });

  it('keeps what is written before the handshake is done, and calls back in order', async () => {
    const port = await listen({}, (socket) => socket.pipe(socket));
    const stream = dial(port);
    const calls: number[] = [];
    for (let i = 0; i < 5; i++) stream.write(`${i}`, () => calls.push(i));
    stream.end();
    assert.equal(await text(stream), '01234');
    assert.deepEqual(calls, [0, 1, 2, 3, 4]);
  });

  it('exports the keying material of the server, resumes from a store, and says so', async () => {
    const tickets = new TicketStore();
    const exported: Buffer[] = [];
    const port = await listen({}, (socket) => {
      exported.push(socket.exportKeyingMaterial(32, 'EXPORTER-x', Buffer.from('c')));
      socket.end('bye');
    });
    for (const isReused of [false, true]) {
      const stream = dial(port, { tickets });
      await once(stream, 'secureConnect');
      assert.equal(stream.isSessionReused(), isReused);
      const ours = stream.exportKeyingMaterial(32, 'EXPORTER-x', Buffer.from('c'));
      assert.equal(await text(stream), 'bye');
      assert.deepEqual(ours, exported.at(-1));
      assert.equal(Reflect.get(Reflect.get(stream.getPeerCertificate(), 'subject'), 'CN'), 'server');
    }
  });

  it('speaks TLS 1.2 to a server that has no other, if the policy lists it', async () => {
    const port = await listen({ maxVersion: 'TLSv1.2', allowHalfOpen: true } as tls.TlsOptions, (socket) => {
      text(socket).then((said) => socket.end(said.toUpperCase()));
    });
    const suites = [...defaultTlsPolicy.suites, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] as const;
    const stream = dial(port, { policy: { versions: ['1.3', '1.2'], suites } });
    await once(stream, 'secureConnect');
    assert.equal(stream.getProtocol(), 'TLSv1.2');
    stream.end('hello');
    assert.equal(await text(stream), 'HELLO');
    assert.equal((await failureOf(dial(port))).code, 'KS-T101');
  });

  it('puts what was written while it was corked into one record', async () => {
    const lengths: number[] = [];
    const port = await listen({}, (socket) => socket.pipe(socket));
    const stream = dial(port, {
      trace: (event) => {
        if (event.kind === 'application-data' && event.direction === 'sent') lengths.push(event.length);
      },
    });
    await once(stream, 'secureConnect');
    stream.cork();
    for (const piece of ['fixed header', 'topic', 'packet id', 'payload']) stream.write(piece);
    stream.uncork();
    stream.end();
    assert.equal(await text(stream), 'fixed headertopicpacket idpayload');
    assert.deepEqual(lengths, [33]);
  });

  it('runs over any byte stream', async () => {
    const [near, far] = duplexPair();
    const secureContext = tls.createSecureContext({ key: serverCredential.keyPem, cert: serverCredential.pem });
    const server = new tls.TLSSocket(far, { isServer: true, secureContext });
    server.pipe(server);
    const stream = connect({ socket: near, servername: 'broker.test', ca: root.pem });
    open.push(stream, server);
    stream.setKeepAlive().setNoDelay().setTimeout(10).ref().unref();
    assert.equal(stream.remoteAddress, undefined);
    stream.end('over a pipe');
    assert.equal(await text(stream), 'over a pipe');
  });

  it('passes on that the transport was idle', async () => {
    const port = await listen({}, () => {});
    const stream = dial(port);
    await once(stream, 'secureConnect');
    const calls: string[] = [];
    stream.setTimeout(20, () => calls.push('callback'));
    await once(stream, 'timeout');
    assert.deepEqual(calls, ['callback']);
  });
});

describe('backpressure', () => {
  const length = 6_000_000;
  const payload = randomBytes(length);
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

  it('reaches the writer: what the server does not read stays with the application', async () => {
    let accepted: tls.TLSSocket | undefined;
    const port = await listen({}, (socket) => {
      accepted = socket;
      socket.pause();
    });
    const stream = dial(port);
    await once(stream, 'secureConnect');
    let written = 0;
    let isDone = false;
    const writing = pipeline(async function* () {
      for (let at = 0; at < length; at += 50_000) {
        written = at;
        yield payload.subarray(at, at + 50_000);
      }
    }, stream).finally(() => {
      isDone = true;
    });
    await quiet(() => written);
    assert.equal(isDone, false);
    assert.ok(written < length, `${written} bytes went out to a server that reads nothing`);
    assert.ok(accepted !== undefined);
    const received: Buffer[] = [];
    for await (const bytes of accepted) received.push(bytes);
    await writing;
    assert.equal(digest(Buffer.concat(received)), digest(payload));
  });

  it('reaches the server: what the application does not read stays in the network', async () => {
    let accepted: tls.TLSSocket | undefined;
    const port = await listen({}, (socket) => {
      accepted = socket;
      socket.end(payload);
    });
    const stream = dial(port);
    await once(stream, 'secureConnect');
    await quiet(() => accepted?.bytesWritten ?? 0);
    assert.ok((accepted?.writableLength ?? 0) > 0 || (accepted?.bytesWritten ?? 0) < length);
    assert.ok(stream.readableLength <= 2 * stream.readableHighWaterMark + 16_384, `${stream.readableLength}`);
    const received: Buffer[] = [];
    for await (const bytes of stream) received.push(bytes);
    assert.equal(digest(Buffer.concat(received)), digest(payload));
  });
});

/** Waits until a count has stood still for a while. */
async function quiet(count: () => number): Promise<void> {
  for (let before = -1; before !== count(); ) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
}

describe('the end', () => {
  it('of the server ends our side too, in order', async () => {
    const port = await listen({}, (socket) => socket.end('bye'));
    const stream = dial(port);
    const received: string[] = [];
    stream.on('data', (bytes: Buffer) => received.push(bytes.toString()));
    await once(stream, 'close');
    assert.equal(received.join(''), 'bye');
    assert.equal(stream.writableFinished, true);
    assert.equal(stream.errored, null);
  });

  it('of the server leaves our side open when the caller wants that', async () => {
    const received: Promise<string>[] = [];
    const port = await listen({ allowHalfOpen: true } as tls.TlsOptions, (socket) => {
      received.push(text(socket));
      socket.end('bye');
    });
    const stream = dial(port, { allowHalfOpen: true });
    assert.equal(await text(stream), 'bye');
    assert.equal(stream.writable, true);
    stream.end('one more thing');
    await once(stream, 'close');
    assert.equal(await received[0], 'one more thing');
  });

  it('of the server and of its transport still let us write, when the caller wants that', async () => {
    const received: Promise<string>[] = [];
    const port = await listen({ allowHalfOpen: true } as tls.TlsOptions, (socket) => {
      received.push(text(socket));
      socket.end('bye');
    });
    const transport = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const stream = dial(port, { socket: transport, allowHalfOpen: true });
    const ended = once(transport, 'end');
    stream.resume();
    await Promise.all([once(stream, 'end'), ended]);
    for (const word of ['one ', 'more ', 'thing']) await new Promise((done) => stream.write(word, done));
    stream.end();
    await once(stream, 'close');
    assert.equal(await received[0], 'one more thing');
    assert.equal(stream.errored, null);
  });

  it('of a transport that is closed while bytes wait is an error, not a silence', async () => {
    const port = await listen({ allowHalfOpen: true } as tls.TlsOptions, (socket) => socket.pause().end('bye'));
    const transport = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const stream = dial(port, { socket: transport, allowHalfOpen: true });
    stream.resume();
    await once(stream, 'end');
    const failed = failureOf(stream);
    for (let i = 0; i < 100; i++) stream.write(Buffer.alloc(100_000));
    await new Promise((resolve) => setTimeout(resolve, 30));
    transport.destroy();
    assert.equal((await failed).code, 'KS-T151');
  });

  it('of the server is that of both sides in TLS 1.2, whatever the caller wants', async () => {
    const older = { maxVersion: 'TLSv1.2', allowHalfOpen: true } as tls.TlsOptions;
    const port = await listen(older, (socket) => socket.end('bye'));
    const inOrder = dial(port, { policy: bothVersions });
    assert.equal(await text(inOrder), 'bye');
    if (!inOrder.closed) await once(inOrder, 'close');
    assert.equal(inOrder.errored, null);

    const halfOpen = dial(port, { policy: bothVersions, allowHalfOpen: true });
    assert.equal(await text(halfOpen), 'bye');
    const failed = failureOf(halfOpen);
    halfOpen.write('one more thing');
    assert.equal((await failed).code, 'KS-T151');
  });

  it('of our side still lets the answer in', async () => {
    const port = await listen({ allowHalfOpen: true } as tls.TlsOptions, (socket) => {
      text(socket).then((question) => socket.end(`you asked: ${question}`));
    });
    const stream = dial(port);
    stream.end('why');
    assert.equal(await text(stream), 'you asked: why');
  });

  it('by destroy is at once, before and after the handshake, and ends the transport', async () => {
    const closed: Promise<unknown>[] = [];
    const port = await listen({}, (socket) => closed.push(once(socket, 'close')));
    const early = dial(port);
    early.destroy();
    await once(early, 'close');
    assert.equal(early.errored, null);
    const late = dial(port);
    await once(late, 'secureConnect');
    late.destroy();
    await once(late, 'close');
    await Promise.all(closed);
  });

  it('without close_notify is an error: the data may have been cut', async () => {
    const port = await listen({}, (socket) => {
      socket.write('half a mess');
      setTimeout(() => net.Socket.prototype.destroy.call(socket), 20);
    });
    const stream = dial(port);
    stream.resume();
    assert.equal((await failureOf(stream)).code, 'KS-T119');
  });
});

describe('an error of the stream has a code, and', () => {
  it('is KS-T151 when nobody listens', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    const error = await failureOf(dial(port));
    assert.equal(error.code, 'KS-T151');
    assert.match(error.detail, /ECONNREFUSED/);
    assert.equal((error.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  });

  it('is KS-T151 when the transport fails at our end', async () => {
    const socket = net.connect(await listen({}, () => {}), '127.0.0.1');
    const transport = new Duplex({
      read: () => {},
      write: (bytes, _encoding, done) => void socket.write(bytes, done),
      final: (done) => done(new Error('the cable was pulled')),
      destroy: (error, done) => {
        socket.destroy();
        done(error);
      },
    });
    socket.on('data', (bytes) => transport.push(bytes));
    const stream = dial(0, { socket: transport });
    await once(stream, 'secureConnect');
    const failed = failureOf(stream);
    stream.end();
    const error = await failed;
    assert.deepEqual([error.code, error.detail], ['KS-T151', 'the cable was pulled']);
  });

  it('is KS-T152 when the server says nothing', async () => {
    const server = net.createServer((socket) => open.push(socket)).listen(0, '127.0.0.1');
    listening.push(server);
    await once(server, 'listening');
    const error = await failureOf(dial((server.address() as AddressInfo).port, { handshakeTimeoutMs: 30 }));
    assert.equal(error.code, 'KS-T152');
  });

  it("is the verifier's when the server is not to be trusted; the server hears the alert", async () => {
    const stranger = await IssuingRoot.make('Other Root');
    const heard = Promise.withResolvers<Error>();
    const port = await listen({}, () => {});
    listening.at(-1)?.once('tlsClientError', (error) => heard.resolve(error));
    const stream = dial(port, { ca: stranger.pem });
    const error = await failureOf(stream);
    assert.match(error.code, /^KS-P/);
    assert.equal(stream.authorizationError, error);
    assert.equal(stream.authorized, false);
    assert.match(String(await heard.promise), /alert/);
  });

  it('is KS-P when the name is another', async () => {
    const port = await listen({}, () => {});
    assert.match((await failureOf(dial(port, { servername: 'other.test' }))).code, /^KS-P/);
  });

  it('is KS-T134 with the reason when the signer cannot sign, KS-T135 when it lies', async () => {
    const port = await listen({}, () => {});
    const unplugged = await failureOf(dial(port, { signer: async () => Promise.reject(new Error('token unplugged')) }));
    assert.deepEqual([unplugged.code, unplugged.detail], ['KS-T134', 'token unplugged']);
    const lying = await failureOf(dial(port, { signer: slowSigner(await root.client('other')) }));
    assert.equal(lying.code, 'KS-T135');
  });

  it('does not come when the stream was destroyed while the signer worked', async () => {
    const port = await listen({}, () => {});
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<Uint8Array>();
    const stream = dial(port, {
      signer: () => {
        asked.resolve();
        return answer.promise;
      },
    });
    await asked.promise;
    stream.destroy();
    await once(stream, 'close');
    answer.resolve(new Uint8Array(70));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(stream.errored, null);
  });

  it('is thrown at once for options that contradict each other', () => {
    const base = { port: 1, ca: root.pem };
    const verifier = { verify: () => assert.fail('nothing is verified here') };
    const wrong: readonly ConnectOptions[] = [
      { ca: root.pem },
      { port: 1 },
      { ...base, verifier },
      { ...base, ca: 'no PEM' },
      { ...base, ca: Uint8Array.of(1, 2, 3) },
      { ...base, cert: device.pem },
      { ...base, signer: slowSigner(device) },
      { port: 1, verifier, tickets: new TicketStore() },
      { ...base, policy: { suites: [] } },
    ];
    for (const options of wrong) assert.throws(() => connect(options), { code: 'KS-T131' });
  });
});
