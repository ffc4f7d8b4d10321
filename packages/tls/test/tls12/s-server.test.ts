import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fromHex } from '@keystile/bytes';
import type { TraceEvent } from '../../src/index.ts';
import { TestCa } from '../support/credentials.ts';
import { type OpensslServer, OpensslServers, opensslAbsence } from '../support/s-server.ts';
import { bothVersions } from '../support/tls12-policy.ts';
import { pinning, type Wire, type WireOptions } from '../support/wire.ts';

const ca = new TestCa();
const server = ca.server('broker.test');
const device = ca.client('device-1');
const servers = new OpensslServers(server, ca.root);
after(() => servers.end());

const skip = opensslAbsence();
const demanding = ['-Verify', '3', '-verify_return_error'];

function serve(more: readonly string[], { interactive = false } = {}): Promise<OpensslServer> {
  return servers.start(more, { interactive, version: '-tls1_2' });
}

function dial(running: OpensslServer, { policy, ...options }: Omit<WireOptions, 'server'> = {}): Promise<Wire> {
  return servers.dial(running, { policy: { ...bothVersions, ...policy }, ...options });
}

describe('against openssl s_server with TLS 1.2', { skip }, () => {
  it('shakes hands, and the server sees the certificate and the data', async () => {
    const wire = await dial(await serve(demanding), { client: device });
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
      const served = await serve(demanding);
      const wire = await dial(served, {
        client: own,
        options: { clientCertificate: { chain, scheme: 'ecdsa_secp256r1_sha256' } },
      });
      await wire.until('connected', () => wire.client.status.phase === 'connected');
      assert.equal(wire.client.status.clientAuthenticated, true);
    });
  }

  it('learns in the handshake that the server does not trust its issuer', async () => {
    const served = await serve(demanding);
    const wire = await dial(served, { client: new TestCa('Other Root').client('stranger') });
    await wire.failed();
    assert.equal(wire.client.failure?.code, 'KS-T105');
    assert.match(wire.client.failure?.detail ?? '', /unknown_ca.*does not trust the issuer/);
  });

  it('learns in the handshake that it should have brought a certificate', async () => {
    const wire = await dial(await serve(demanding));
    await wire.failed();
    assert.equal(wire.client.failure?.code, 'KS-T105');
    assert.match(wire.client.failure?.detail ?? '', /handshake_failure.*demands a client certificate/);
  });

  it('declines to renegotiate; that OpenSSL takes this for a failure is its own decision', async () => {
    const alerts: string[] = [];
    const trace = (event: TraceEvent): void => {
      if (event.kind === 'alert') alerts.push(`${event.direction} ${event.name}`);
    };
    const served = await serve([], { interactive: true });
    const wire = await dial(served, { options: { trace } });
    await wire.until('connected', () => wire.client.status.phase === 'connected');
    served.type('R\n');
    await wire.failed();
    assert.deepEqual(alerts, ['sent no_renegotiation', 'received handshake_failure']);
    assert.equal(wire.client.failure?.code, 'KS-T104');
  });

  it('gets the stapled OCSP answer that it asks for, and the verifier sees it', async () => {
    // An OCSPResponse that says "unauthorized" and nothing more, RFC 6960 §4.2.1.
    const response = fromHex('30030a0106');
    const folder = mkdtempSync(join(tmpdir(), 'keystile-ocsp-'));
    after(() => rmSync(folder, { recursive: true, force: true }));
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
      const wire = await dial(await serve(more), options);
      await wire.until('connected', () => wire.client.status.phase === 'connected');
    }
    assert.deepEqual(seen, [response, undefined]);
  });
});
