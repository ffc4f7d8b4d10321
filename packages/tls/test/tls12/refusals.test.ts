import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { after, describe, it } from 'node:test';
import tls from 'node:tls';
import { catalogue, type KeystileError } from '@keystile/errors';
import { TlsClient, type TraceEvent } from '../../src/index.ts';
import { TestCa } from '../support/credentials.ts';
import { Line, type LineOptions } from '../support/line.ts';
import { bothVersions } from '../support/tls12-policy.ts';
import { clientOptions } from '../support/wire.ts';

const ca = new TestCa();
const server = ca.server('broker.test');
const device = ca.client('device-1');
const mutual = { requestCert: true, rejectUnauthorized: true, ca: ca.root.certificatePem } as const;

const lines: Line[] = [];
after(() => {
  for (const line of lines) line.end();
});

function open({ policy, serverOptions, ...options }: Partial<LineOptions> = {}): Line {
  const line = new Line({
    server,
    policy: { ...bothVersions, ...policy },
    serverOptions: { maxVersion: 'TLSv1.2', ...serverOptions },
    ...options,
  });
  lines.push(line);
  return line;
}

async function failure(line: Line): Promise<KeystileError> {
  await line.failed();
  assert.equal(line.client.status.phase, 'failed');
  assert.ok(line.client.failure !== undefined);
  return line.client.failure;
}

/** SSL_OP_NO_EXTENDED_MASTER_SECRET, which `node:constants` does not name. */
const noExtendedMasterSecret = 1;

describe('servers of TLS 1.2 that are refused', () => {
  it('a server without extended master secret', async () => {
    const line = open({ serverOptions: { secureOptions: noExtendedMasterSecret } });
    assert.equal((await failure(line)).code, 'KS-T160');
    await line.until('the server has the alert', () => line.serverError !== undefined);
    assert.match(String(line.serverError), /handshake.failure/i);
  });

  it('a server with an RSA certificate', async () => {
    const error = await failure(open({ server: ca.server('broker.test', 'RSA') }));
    assert.equal(error.code, 'KS-T103');
    assert.match(error.detail, /certificate is probably RSA/);
  });

  it('a server with CBC suites only, with a code that says which suite to enable', async () => {
    const error = await failure(
      open({ serverOptions: { ciphers: 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA' } }),
    );
    assert.equal(error.code, 'KS-T103');
    assert.match(entryOf(error).cause, /CBC/);
    assert.match(entryOf(error).fix, /ECDHE-ECDSA-AES128-GCM-SHA256/);
  });

  it('a server that signs with SHA-256 by a P-384 key, with a code that says how to mend it', async () => {
    const groups = ['X25519', 'P-256', 'P-384'] as const;
    const error = await failure(open({ server: ca.server('broker.test', 'P-384'), policy: { groups } }));
    assert.equal(error.code, 'KS-T107');
    assert.match(entryOf(error).fix, /ECDSA\+SHA384/);
  });

  it('a server that has TLS 1.1 only, by version', async () => {
    const older = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    assert.equal((await failure(open({ serverOptions: older }))).code, 'KS-T101');
  });

  it('a server that has TLS 1.2 only, where the policy does not list it', async () => {
    const line = open({ policy: { versions: ['1.3'], suites: ['TLS_AES_128_GCM_SHA256'] } });
    assert.equal((await failure(line)).code, 'KS-T101');
  });

  it('a server that does not ask for a certificate, when the policy requires authentication', async () => {
    const line = open({ client: device, policy: { clientAuthentication: 'required' } });
    assert.equal((await failure(line)).code, 'KS-T123');
  });

  it('a server that cannot verify our signature', async () => {
    const strong = ca.client('device-2', 'P-384');
    const clientCertificate = { chain: [strong.certificate.raw], scheme: 'ecdsa_secp384r1_sha384' } as const;
    const line = open({ serverOptions: { ...mutual, sigalgs: 'ECDSA+SHA256' }, options: { clientCertificate } });
    assert.equal((await failure(line)).code, 'KS-T124');
  });

  it('a server that shares no application protocol', async () => {
    assert.equal((await failure(open({ serverOptions: { ALPNProtocols: ['http/1.1'] } }))).code, 'KS-T106');
  });
});

describe('the signature of the client in TLS 1.2', () => {
  it('can come late, and nothing is handled before', async () => {
    const line = open({ client: device, serverOptions: mutual, signer: () => undefined });
    await line.until('the signature is asked for', () => line.client.signRequest !== undefined);
    const request = line.client.signRequest;
    // The content is the handshake itself, from the ClientHello on; the client's key signs no digest of a host's choice.
    assert.equal(request?.input[0], 1);
    assert.throws(() => line.client.answerSignature(2, new Uint8Array(70)), { code: 'KS-T132' });
    assert.equal(line.client.status.phase, 'handshaking');
  });

  it('is checked before it is sent', async () => {
    const line = open({ client: device, serverOptions: mutual, signer: () => randomBytes(70) });
    assert.equal((await failure(line)).code, 'KS-T135');
  });

  it('that fails is said with the reason', async () => {
    const line = open({ client: device, serverOptions: mutual, signer: () => undefined });
    await line.until('the signature is asked for', () => line.client.signRequest !== undefined);
    line.client.failSignature(1, 'the vault is locked');
    assert.equal(line.client.failure?.code, 'KS-T134');
    assert.match(line.client.failure?.detail ?? '', /vault is locked/);
  });
});

describe('somebody in between', () => {
  /** Hides supported_versions from the server, by another code for the extension: to it, the client has TLS 1.2 only. */
  function hideTls13(hello: Uint8Array): Uint8Array {
    const bytes = Buffer.from(hello);
    const at = bytes.indexOf(Buffer.from('002b0005', 'hex'));
    assert.ok(at > 0);
    bytes.writeUInt16BE(0xfafa, at);
    return bytes;
  }

  it('who makes two ends with TLS 1.3 use TLS 1.2 is found out by the ServerHello', async () => {
    const [near, far] = duplexPair();
    const secureContext = tls.createSecureContext({ key: server.keyPem, cert: server.certificatePem });
    const socket = new tls.TLSSocket(far, { isServer: true, secureContext });
    socket.on('error', () => {});
    const alerts: string[] = [];
    const trace = (event: TraceEvent): void => {
      if (event.kind === 'alert') alerts.push(event.name);
    };
    const client = new TlsClient(clientOptions({ server, policy: { ...bothVersions, alpn: [] }, options: { trace } }));
    client.start();
    near.write(hideTls13(client.takeOutput()));
    const [flight] = await once(near, 'data');
    client.receive(flight);
    assert.equal(client.failure?.code, 'KS-T102');
    assert.deepEqual(alerts, ['illegal_parameter']);
    near.destroy();
    socket.destroy();
  });
});

function entryOf(error: KeystileError): { readonly cause: string; readonly fix: string } {
  return catalogue[error.code];
}
