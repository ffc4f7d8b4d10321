import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { TestCa } from '../support/credentials.ts';
import { Wire, type WireOptions } from '../support/wire.ts';

const opensslVersion = spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout;
const skip = opensslVersion?.startsWith('OpenSSL 3') ? false : 'no openssl 3 command on this machine';

const ca = new TestCa();
const server = ca.server('broker.test');
const device = ca.client('device-1');
const folder = mkdtempSync(join(tmpdir(), 'keystile-s-server-'));
const processes: ChildProcess[] = [];
const wires: Wire[] = [];

after(() => {
  for (const wire of wires) wire.end();
  for (const child of processes) child.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** Unlike a `node:tls` server, `openssl s_server` refuses a client certificate inside the handshake, with an alert. */
describe('against openssl s_server', { skip }, () => {
  it('shakes hands, and the server sees the certificate and the data', async () => {
    const wire = await dial(await serve(['-Verify', '1', '-verify_return_error']), { client: device });
    await wire.until('connected', () => wire.client.status.phase === 'connected');
    wire.client.write(Buffer.from('drawer\n'));
    wire.exchange();
    await wire.until('the line comes back reversed', () => Buffer.concat(wire.received).toString() === 'reward\n');
    assert.equal(wire.client.status.clientAuthenticated, true);
  });

  it('learns from the alert that the server does not trust its issuer', async () => {
    const port = await serve(['-Verify', '1', '-verify_return_error']);
    const wire = await dial(port, { client: new TestCa('Other Root').client('stranger') });
    await wire.failed();
    assert.equal(wire.client.failure?.code, 'KS-T105');
    assert.match(wire.client.failure?.detail ?? '', /unknown_ca.*does not trust the issuer/);
  });

  it('learns from the alert that it should have brought a certificate', async () => {
    const wire = await dial(await serve(['-Verify', '1', '-verify_return_error']), {});
    await wire.failed();
    assert.equal(wire.client.failure?.code, 'KS-T105');
    assert.match(wire.client.failure?.detail ?? '', /certificate_required/);
  });

  it('follows a HelloRetryRequest', async () => {
    const wire = await dial(await serve(['-groups', 'P-256']), {});
    await wire.until('connected', () => wire.client.status.phase === 'connected');
    assert.equal(wire.client.status.group, 'P-256');
  });

  it('follows a stateless HelloRetryRequest with a cookie', async () => {
    const wire = await dial(await serve(['-stateless']), {});
    await wire.until('connected', () => wire.client.status.phase === 'connected');
  });
});

async function serve(more: readonly string[]): Promise<number> {
  const files = { cert: join(folder, 'server.crt'), key: join(folder, 'server.key'), ca: join(folder, 'ca.crt') };
  writeFileSync(files.cert, server.certificatePem);
  writeFileSync(files.key, server.keyPem, { mode: 0o600 });
  writeFileSync(files.ca, ca.root.certificatePem);
  const fixed = ['s_server', '-accept', '127.0.0.1:0', '-tls1_3', '-rev', '-alpn', 'mqtt'];
  const child = spawn('openssl', [...fixed, '-cert', files.cert, '-key', files.key, '-CAfile', files.ca, ...more]);
  processes.push(child);
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += String(chunk);
    const port = /ACCEPT 127\.0\.0\.1:(\d+)/.exec(printed)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`openssl s_server did not start: ${printed}`);
}

async function dial(port: number, options: Omit<WireOptions, 'server'>): Promise<Wire> {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const wire = new Wire(socket, { server, ...options });
  wires.push(wire);
  return wire;
}
