import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { KeystileError } from '@keystile/errors';
import { type ClientOptions, TlsClient, type TraceEvent } from '../../src/index.ts';
import { TestCa } from '../support/credentials.ts';
import { Line, type LineOptions } from '../support/line.ts';
import { clientOptions, pinning, signWith } from '../support/wire.ts';

const ca = new TestCa();
const otherCa = new TestCa('Other Root');
const server = ca.server('broker.test');
const device = ca.client('device-1');
const mutual = { requestCert: true, rejectUnauthorized: true, ca: ca.root.certificatePem } as const;

const lines: Line[] = [];
after(() => {
  for (const line of lines) line.end();
});

function open(options: Partial<LineOptions> = {}): Line {
  const line = new Line({ server, ...options });
  lines.push(line);
  return line;
}

async function failure(line: Line): Promise<KeystileError> {
  await line.failed();
  assert.equal(line.client.status.phase, 'failed');
  assert.ok(line.client.failure !== undefined);
  return line.client.failure;
}

describe('servers that are refused', () => {
  it('a server with an RSA certificate, with a sentence that names the likely cause', async () => {
    const error = await failure(open({ server: ca.server('broker.test', 'RSA') }));
    assert.equal(error.code, 'KS-T103');
    assert.match(error.detail, /handshake_failure.*certificate is probably RSA/);
  });

  it('a server with a key on a curve that is not offered', async () => {
    const error = await failure(open({ server: ca.server('broker.test', 'P-521') }));
    assert.equal(error.code, 'KS-T103');
  });

  it('a server that speaks TLS 1.2 only, by version', async () => {
    const error = await failure(open({ serverOptions: { maxVersion: 'TLSv1.2' } }));
    assert.equal(error.code, 'KS-T101');
    assert.match(error.detail, /protocol_version.*does not speak TLS 1\.3/);
  });

  it('a server without a common group', async () => {
    const error = await failure(open({ serverOptions: { ecdhCurve: 'P-521' } }));
    assert.equal(error.code, 'KS-T103');
  });

  it('a server that shares no application protocol', async () => {
    const error = await failure(open({ serverOptions: { ALPNProtocols: ['http/1.1'] } }));
    assert.equal(error.code, 'KS-T106');
  });

  it('a server that ignores ALPN, when the policy requires it', async () => {
    const line = open({ policy: { alpnRequired: true }, serverOptions: { ALPNProtocols: [] } });
    assert.equal((await failure(line)).code, 'KS-T106');
    await line.until('the server has the alert', () => line.serverError !== undefined);
    assert.match(String(line.serverError), /no.application.protocol/i);
  });

  it('a server that does not ask for a certificate, when the policy requires authentication', async () => {
    const error = await failure(open({ client: device, policy: { clientAuthentication: 'required' } }));
    assert.equal(error.code, 'KS-T123');
  });

  it('a server whose chain the verifier refuses: its error passes through, the alert is encrypted', async () => {
    const alerts: TraceEvent[] = [];
    const verifier = {
      verify: () => {
        throw new KeystileError('KS-P100', 'server chain ends at Other Root, this part trusts Test Root');
      },
    };
    const trace = (event: TraceEvent): void => {
      if (event.kind === 'alert') alerts.push(event);
    };
    const line = open({ options: { verifier, trace } });
    const error = await failure(line);
    assert.equal(error.code, 'KS-P100');
    assert.match(error.detail, /ends at Other Root, this part trusts Test Root/);
    await line.until('the server has the alert', () => line.serverError !== undefined);
    assert.match(String(line.serverError), /bad certificate/i);
    assert.deepEqual(alerts, [{ kind: 'alert', direction: 'sent', name: 'bad_certificate', protectedBy: 'handshake' }]);
  });

  it('a server whose certificate crashes the verifier: that is a fault of the part', async () => {
    const line = open({ options: { verifier: pinning(ca.server('broker.test')) } });
    const error = await failure(line);
    assert.equal(error.code, 'KS-T100');
    await line.until('the server has the alert', () => line.serverError !== undefined);
    assert.match(String(line.serverError), /internal error/i);
  });

  it('a port that speaks plaintext MQTT', () => {
    const client = new TlsClient(offline());
    client.start();
    client.receive(Uint8Array.of(0x20, 2, 0, 0));
    assert.equal(client.failure?.code, 'KS-T122');
  });

  it('a server that ends the transport in the middle', () => {
    const client = new TlsClient(offline());
    client.start();
    client.transportEnded();
    assert.equal(client.failure?.code, 'KS-T119');
  });
});

describe('a server that refuses us without an alert', () => {
  it('leaves the client with a sentence that names the likely cause', async () => {
    const line = open({ client: otherCa.client('stranger'), serverOptions: mutual });
    await line.connected();
    // node:tls destroys the socket of a client it does not trust: no alert, no close_notify.
    line.client.transportEnded();
    const error = await failure(line);
    assert.equal(error.code, 'KS-T119');
    assert.match(error.detail, /may have refused this part's certificate/);
  });
});

describe('the signer', () => {
  it('may be slow: bytes that arrive meanwhile wait', async () => {
    let request: TlsClient['signRequest'];
    const line = open({
      client: device,
      serverOptions: mutual,
      signer: (pending) => {
        request = pending;
        return undefined;
      },
    });
    await line.until('the signature is asked for', () => request !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(line.client.status.phase, 'handshaking');
    assert.ok(request !== undefined);
    line.client.answerSignature(request.id, signWith(device)(request));
    line.exchange();
    await line.connected();
  });

  it('is asked to sign a CertificateVerify content, never a digest of its caller', async () => {
    let input: Uint8Array = new Uint8Array(0);
    const line = open({
      client: device,
      serverOptions: mutual,
      signer: (pending) => {
        input = pending.input;
        return signWith(device)(pending);
      },
    });
    await line.connected();
    const text = Buffer.from(input).toString('latin1');
    assert.ok(text.startsWith(`${' '.repeat(64)}TLS 1.3, client CertificateVerify\0`));
    assert.equal(input.length, 64 + 33 + 1 + 32);
  });

  it('that fails ends the connection with its reason', async () => {
    const line = open({ client: device, serverOptions: mutual, signer: () => undefined });
    await line.until('the signature is asked for', () => line.client.signRequest !== undefined);
    assert.throws(() => line.client.failSignature(7, 'wrong id'), { code: 'KS-T132' });
    line.client.failSignature(1, 'the token was unplugged');
    line.exchange();
    assert.equal(line.client.failure?.code, 'KS-T134');
    assert.match(line.client.failure?.detail ?? '', /unplugged/);
    await line.until('the server has the alert', () => line.serverError !== undefined);
    assert.match(String(line.serverError), /internal error/i);
  });

  for (const [lie, signature] of [
    ['with another key', signWith(ca.client('other'))],
    ['with nothing', () => new Uint8Array(0)],
    ['with noise', () => randomBytes(72)],
  ] as const) {
    it(`that lies, ${lie}, is found out before the server sees it`, async () => {
      const sent: string[] = [];
      const trace = (event: TraceEvent): void => {
        if (event.kind === 'message' && event.direction === 'sent') sent.push(event.name);
      };
      const line = open({ client: device, serverOptions: mutual, signer: signature, options: { trace } });
      assert.equal((await failure(line)).code, 'KS-T135');
      assert.deepEqual(sent, ['ClientHello', 'Certificate']);
    });
  }
});

describe('the caller', () => {
  it('gets an error, and no more than that, for what is not possible now', () => {
    const client = new TlsClient(offline());
    assert.throws(() => client.write(Uint8Array.of(1)), { code: 'KS-T130' });
    assert.throws(() => client.readApplicationData(1), { code: 'KS-T130' });
    assert.throws(() => client.exporter('EXPORTER-x', new Uint8Array(0), 32), { code: 'KS-T130' });
    assert.throws(() => client.updateKeys(), { code: 'KS-T130' });
    assert.throws(() => client.answerSignature(1, new Uint8Array(0)), { code: 'KS-T132' });
    client.start();
    assert.throws(() => client.start(), { code: 'KS-T130' });
    assert.equal(client.status.phase, 'handshaking');
  });

  it('cannot flood the engine with data that nobody reads, or output that nobody takes', async () => {
    const line = open();
    await line.connected();
    assert.throws(
      () => {
        for (let i = 0; i < 100; i++) line.client.write(Buffer.alloc(100_000));
      },
      { code: 'KS-T133' },
    );
    assert.equal(line.client.status.phase, 'connected');
    assert.throws(() => line.client.exporter('EXPORTER-x', new Uint8Array(0), 1025), { code: 'KS-T137' });
    assert.throws(() => line.client.exporter('', new Uint8Array(0), 32), { code: 'KS-T137' });
  });

  it('can have everything forgotten at once, unread data included', async () => {
    const line = open();
    await line.connected();
    line.client.discard();
    assert.equal(line.client.status.phase, 'closed');
    assert.equal(line.client.outputBytes, 0);
    assert.throws(() => line.client.readApplicationData(1), { code: 'KS-T130' });
  });

  it('must bring a certificate that fits its scheme, and a name that can be one', () => {
    const chain = [ca.client('d', 'P-384').certificate.raw];
    const scheme = 'ecdsa_secp256r1_sha256';
    assert.throws(() => new TlsClient({ ...offline(), clientCertificate: { chain, scheme } }), { code: 'KS-T131' });
    const clientCertificate = { chain: [randomBytes(300)], scheme } as const;
    assert.throws(() => new TlsClient({ ...offline(), clientCertificate }), { code: 'KS-T131' });
    assert.throws(() => new TlsClient({ ...offline(), serverName: 'bröker' }), { code: 'KS-T131' });
  });
});

function offline(): ClientOptions {
  return clientOptions({ server });
}
