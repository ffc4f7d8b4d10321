import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { TestCa } from '../../../packages/tls/test/support/credentials.ts';

const shim = fileURLToPath(new URL('../../bogo/shim', import.meta.url));
const ca = new TestCa();
const stranger = new TestCa('Stranger');
const server = ca.server('broker.test');
const device = ca.client('device-1');

/** An OpenSSL server behind the runner's greeting: eight bytes that say which test it is. Reads back what was inverted. */
class Peer {
  readonly replies: Buffer[] = [];
  readonly greetings: bigint[] = [];
  readonly reused: boolean[] = [];
  readonly clients: (string | undefined)[] = [];
  readonly #server: Server;

  constructor(options: tls.SecureContextOptions = {}) {
    const secureContext = tls.createSecureContext({
      key: server.keyPem,
      cert: server.certificatePem,
      ca: ca.root.certificatePem,
      // Without one, OpenSSL does not resume sessions of clients with certificates.
      sessionIdContext: 'shim',
      ...options,
    });
    this.#server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('readable', () => this.#accept(socket, secureContext));
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
  }

  #accept(socket: Socket, secureContext: tls.SecureContext): void {
    const greeting: Buffer | null = socket.read(8);
    if (greeting === null) return;
    this.greetings.push(greeting.readBigUInt64LE());
    const connection = new tls.TLSSocket(socket, { isServer: true, secureContext, requestCert: true });
    connection.on('error', () => {});
    connection.on('secure', () => {
      this.reused.push(connection.isSessionReused());
      this.clients.push(connection.getPeerCertificate().subject?.CN?.toString());
      connection.write('abc');
    });
    connection.on('data', (data: Buffer) => {
      this.replies.push(data);
      connection.end();
    });
  }
}

describe('the shim', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keystile-bogo-test-'));
  const path = (name: string): string => join(folder, name);
  before(() => {
    writeFileSync(path('root'), ca.root.certificatePem);
    writeFileSync(path('stranger'), stranger.root.certificatePem);
    writeFileSync(path('chain'), device.certificatePem);
    writeFileSync(path('key'), device.keyPem);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function run(peer: Peer, ...flags: readonly string[]): Promise<{ code: number; stderr: string }> {
    const port = String(await peer.listen());
    try {
      return await start('-port', port, '-shim-id', '7', ...flags);
    } finally {
      peer.close();
    }
  }

  function start(...flags: readonly string[]): Promise<{ code: number; stderr: string; stdout: string }> {
    return new Promise((resolve) => {
      const child = execFile(shim, flags, (_, stdout, stderr) =>
        resolve({ code: child.exitCode ?? -1, stdout, stderr }),
      );
    });
  }

  for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
    it(`says which test it is, sends back what it gets inverted, and is silent: ${version}`, async () => {
      const peer = new Peer({ maxVersion: version });
      const ended = await run(peer, '-trust-cert', path('root'), '-async', '-check-close-notify');
      assert.deepEqual(ended, { code: 0, stderr: '', stdout: '' });
      assert.deepEqual(peer.greetings, [7n]);
      assert.deepEqual(
        Buffer.concat(peer.replies),
        Buffer.from('abc').map((byte) => byte ^ 0xff),
      );
    });
  }

  it('resumes when it is told to connect again', async () => {
    const peer = new Peer();
    const { code } = await run(peer, '-trust-cert', path('root'), '-resume-count', '1');
    assert.equal(code, 0);
    assert.deepEqual(peer.reused, [false, true]);
  });

  it('shows the certificate that it is given', async () => {
    const peer = new Peer();
    const key = ['-cert-file', path('chain'), '-key-file', path('key')];
    assert.equal((await run(peer, '-trust-cert', path('root'), ...key)).code, 0);
    assert.deepEqual(peer.clients, ['device-1']);
  });

  it('fails with our code when the chain does not hold, when it is told to refuse, and when an expectation does not', async () => {
    for (const [flags, stderr] of [
      [['-trust-cert', path('stranger')], /^KS-P105: /],
      [['-trust-cert', path('root'), '-verify-fail'], /^KS-P105: .*\[alert bad_certificate\]/],
      [['-trust-cert', path('root'), '-expect-alpn', 'mqtt'], /ALPN/],
      [['-trust-cert', path('root'), '-expect-curve-id', '23'], /curve/],
    ] as const) {
      const ended = await run(new Peer(), ...flags);
      assert.equal(ended.code, 1, flags.join(' '));
      assert.match(ended.stderr, stderr);
    }
  });

  it('leaves undone what is not for a client over TCP, and what it does not know', async () => {
    for (const flags of [['-server'], ['-dtls', '-server'], ['-quic'], ['-send-channel-id', 'x'], ['-curves', '25']]) {
      assert.equal((await start(...flags)).code, 89, flags.join(' '));
    }
    assert.equal((await start('-is-handshaker-supported')).stdout, 'No\n');
  });
});
