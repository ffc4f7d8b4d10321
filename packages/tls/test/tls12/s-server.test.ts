import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fromHex } from '@keystile/bytes';
import type { TraceEvent } from '../../src/index.ts';
import { TestCa } from '../support/credentials.ts';
import { bothVersions } from '../support/tls12-policy.ts';
import { pinning, Wire, type WireOptions } from '../support/wire.ts';

const opensslVersion = spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout;
const skip = opensslVersion?.startsWith('OpenSSL 3') ? false : 'no openssl 3 command on this machine';

const ca = new TestCa();
const server = ca.server('broker.test');
const device = ca.client('device-1');
const folder = mkdtempSync(join(tmpdir(), 'keystile-s-server-'));
const processes: ChildProcessWithoutNullStreams[] = [];
const wires: Wire[] = [];

after(() => {
  for (const wire of wires) wire.end();
  for (const child of processes) child.kill();
  rmSync(folder, { recursive: true, force: true });
});

interface Served {
  readonly port: number;
  readonly child: ChildProcessWithoutNullStreams;
}

async function serve(more: readonly string[]): Promise<Served> {
  const files = { cert: join(folder, 'server.crt'), key: join(folder, 'server.key'), ca: join(folder, 'ca.crt') };
  writeFileSync(files.cert, server.certificatePem);
  writeFileSync(files.key, server.keyPem, { mode: 0o600 });
  writeFileSync(files.ca, ca.root.certificatePem);
  const fixed = ['s_server', '-accept', '127.0.0.1:0', '-tls1_2', '-alpn', 'mqtt'];
  const child = spawn('openssl', [...fixed, '-cert', files.cert, '-key', files.key, '-CAfile', files.ca, ...more]);
  processes.push(child);
  let printed = '';
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    printed += String(chunk);
    const port = /ACCEPT 127\.0\.0\.1:(\d+)/.exec(printed)?.[1];
    if (port !== undefined) return { port: Number(port), child };
  }
  throw new Error(`openssl s_server did not start: ${printed}`);
}

async function dial({ port }: Served, { policy, ...options }: Omit<WireOptions, 'server'>): Promise<Wire> {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const wire = new Wire(socket, { server, policy: { ...bothVersions, ...policy }, ...options });
  wires.push(wire);
  return wire;
}

describe('against openssl s_server with TLS 1.2', { skip }, () => {
  it('shakes hands, and the server sees the certificate and the data', async () => {
    const wire = await dial(await serve(['-rev', '-Verify', '1', '-verify_return_error']), { client: device });
    await wire.until('connected', () => wire.client.status.phase === 'connected');
    wire.client.write(Buffer.from('drawer\n'));
    wire.exchange();
    await wire.until('the line comes back reversed', () => Buffer.concat(wire.received).toString() === 'reward\n');
    assert.equal(wire.client.status.protocol, 'TLSv1.2');
    assert.equal(wire.client.status.clientAuthenticated, true);
  });

  for (const length of [2, 3]) {
    it(`shows a chain of ${length}, which the server verifies`, async () => {
      const middle = new TestCa('Test Issuer', ca);
      const issuer = length === 2 ? middle : new TestCa('Test Line', middle);
      const own = issuer.client('device-2');
      const chain = [own, ...issuer.intermediates].map(({ certificate }) => certificate.raw);
      assert.equal(chain.length, length);
      const served = await serve(['-rev', '-Verify', '3', '-verify_return_error']);
      const wire = await dial(served, {
        client: own,
        options: { clientCertificate: { chain, scheme: 'ecdsa_secp256r1_sha256' } },
      });
      await wire.until('connected', () => wire.client.status.phase === 'connected');
      assert.equal(wire.client.status.clientAuthenticated, true);
    });
  }

  it('learns in the handshake that the server does not trust its issuer', async () => {
    const served = await serve(['-rev', '-Verify', '1', '-verify_return_error']);
    const wire = await dial(served, { client: new TestCa('Other Root').client('stranger') });
    await wire.failed();
    assert.equal(wire.client.failure?.code, 'KS-T105');
    assert.match(wire.client.failure?.detail ?? '', /unknown_ca.*does not trust the issuer/);
  });

  it('learns in the handshake that it should have brought a certificate', async () => {
    const wire = await dial(await serve(['-rev', '-Verify', '1', '-verify_return_error']), {});
    await wire.failed();
    assert.equal(wire.client.failure?.code, 'KS-T105');
    assert.match(wire.client.failure?.detail ?? '', /handshake_failure.*demands a client certificate/);
  });

  it('declines to renegotiate; that OpenSSL takes this for a failure is its own decision', async () => {
    const alerts: string[] = [];
    const trace = (event: TraceEvent): void => {
      if (event.kind === 'alert') alerts.push(`${event.direction} ${event.name}`);
    };
    const served = await serve([]);
    const wire = await dial(served, { options: { trace } });
    await wire.until('connected', () => wire.client.status.phase === 'connected');
    served.child.stdin.write('R\n');
    await wire.failed();
    assert.deepEqual(alerts, ['sent no_renegotiation', 'received handshake_failure']);
    assert.equal(wire.client.failure?.code, 'KS-T104');
  });

  it('gets the stapled OCSP answer that it asks for, and the verifier sees it', async () => {
    // An OCSPResponse that says "unauthorized" and nothing more, RFC 6960 §4.2.1.
    const response = fromHex('30030a0106');
    const file = join(folder, 'ocsp.der');
    writeFileSync(file, response);
    const seen: (Uint8Array | undefined)[] = [];
    const pinned = pinning(server);
    const verifier: typeof pinned = {
      verify: (request) => {
        seen.push(request.stapledOcsp);
        return pinned.verify(request);
      },
    };
    const options = { policy: { requestOcsp: true }, options: { verifier } };
    for (const more of [['-status_file', file], []]) {
      const wire = await dial(await serve(['-rev', ...more]), options);
      await wire.until('connected', () => wire.client.status.phase === 'connected');
    }
    assert.deepEqual(seen, [response, undefined]);
  });
});
