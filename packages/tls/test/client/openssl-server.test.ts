import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, describe, it } from 'node:test';
import type { TraceEvent } from '../../src/index.ts';
import { TestCa } from '../support/credentials.ts';
import { Line, type LineOptions } from '../support/line.ts';

const ca = new TestCa();
const server = ca.server('broker.test');
const serverP384 = ca.server('broker.test', 'P-384');
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

async function echo(line: Line, message: Buffer): Promise<void> {
  line.client.write(message);
  line.exchange();
  await line.until('the server has the message', () => Buffer.concat(line.serverReceived).equals(message));
  line.server.write(Buffer.concat(line.serverReceived));
  await line.until('the echo is back', () => Buffer.concat(line.received).equals(message));
}

describe('against an OpenSSL server', () => {
  for (const group of ['X25519', 'P-256', 'P-384', 'X25519MLKEM768'] as const) {
    it(`shakes hands over ${group}, with both certificates`, async () => {
      const line = open({
        client: device,
        policy: { groups: [group], keyShares: [group] },
        serverOptions: { ...mutual, ecdhCurve: group },
      });
      await line.connected();
      const { protocol, group: negotiated, cipherSuite, alpn, clientAuthenticated } = line.client.status;
      assert.deepEqual(
        { protocol, negotiated, cipherSuite, alpn, clientAuthenticated },
        {
          protocol: 'TLSv1.3',
          negotiated: group,
          cipherSuite: 'TLS_AES_128_GCM_SHA256',
          alpn: 'mqtt',
          clientAuthenticated: true,
        },
      );
      assert.equal(line.server.getPeerCertificate().subject.CN, 'device-1');
      assert.equal(line.server.alpnProtocol, 'mqtt');
      await echo(line, Buffer.from('hello'));
    });
  }

  for (const group of ['P-256', 'P-384', 'X25519MLKEM768'] as const) {
    it(`follows a HelloRetryRequest from X25519 to ${group}`, async () => {
      const sent: string[] = [];
      const trace = (event: TraceEvent): void => {
        if (event.kind === 'message' && event.direction === 'sent') sent.push(event.name);
      };
      const line = open({
        policy: { groups: ['X25519', group], keyShares: ['X25519'] },
        serverOptions: { ecdhCurve: group },
        options: { trace },
      });
      await line.connected();
      assert.equal(line.client.status.group, group);
      assert.deepEqual(sent, ['ClientHello', 'ClientHello', 'Finished']);
      await echo(line, Buffer.from('hello'));
    });
  }

  it('keeps to the fragment length that it asked for in the hello after a HelloRetryRequest, which OpenSSL holds to it', async () => {
    const line = open({
      policy: { groups: ['X25519', 'X25519MLKEM768'], keyShares: ['X25519'], recordSizeLimit: 513 },
      serverOptions: { ecdhCurve: 'X25519MLKEM768' },
    });
    await line.connected();
    assert.equal(line.client.status.group, 'X25519MLKEM768');
    await echo(line, randomBytes(2_000));
  });

  for (const suite of ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_AES_128_CCM_SHA256'] as const) {
    it(`uses ${suite} when the server chooses it`, async () => {
      const line = open({ client: device, serverOptions: { ...mutual, ciphers: suite } });
      await line.connected();
      assert.equal(line.client.status.cipherSuite, suite);
      await echo(line, randomBytes(40_000));
    });
  }

  it('verifies a P-384 server certificate', async () => {
    const line = open({ server: serverP384 });
    await line.connected();
    await echo(line, Buffer.from('hello'));
  });

  it('connects without a client certificate when the server asks for none', async () => {
    const line = open();
    await line.connected();
    assert.equal(line.client.status.clientAuthenticated, false);
  });

  it('answers a request with an empty certificate when the policy forbids authentication', async () => {
    const line = open({
      client: device,
      policy: { clientAuthentication: 'never' },
      serverOptions: { ...mutual, rejectUnauthorized: false },
    });
    await line.connected();
    assert.equal(line.client.status.clientAuthenticated, false);
    assert.deepEqual(line.server.getPeerCertificate(), {});
  });

  it('exports the same keying material as the server', async () => {
    const line = open({ client: device, serverOptions: { ...mutual, ciphers: 'TLS_AES_256_GCM_SHA384' } });
    await line.connected();
    for (const length of [1, 32, 48, 100, 255]) {
      const context = randomBytes(32);
      const ours = Buffer.from(line.client.exporter('EXPORTER-keystile-evidence-1', context, length));
      assert.deepEqual(ours, line.server.exportKeyingMaterial(length, 'EXPORTER-keystile-evidence-1', context));
    }
    const before = line.client.exporter('EXPORTER-x', new Uint8Array(0), 32);
    line.client.updateKeys();
    assert.deepEqual(line.client.exporter('EXPORTER-x', new Uint8Array(0), 32), before, 'no KeyUpdate changes it');
  });

  it('connects and talks when every byte comes alone', async () => {
    const line = open({ client: device, serverOptions: mutual, pieces: 1 });
    await line.connected();
    await echo(line, randomBytes(3000));
  });

  it('moves a megabyte each way, in order', async () => {
    const line = open({ client: device, serverOptions: mutual });
    await line.connected();
    const payload = randomBytes(1_000_000);
    for (let at = 0; at < payload.length; at += 100_000) {
      line.client.write(payload.subarray(at, at + 100_000));
      line.exchange();
    }
    const digest = (parts: Buffer[]): string => createHash('sha256').update(Buffer.concat(parts)).digest('hex');
    const length = (parts: Buffer[]): number => parts.reduce((sum, part) => sum + part.length, 0);
    await line.until('all is at the server', () => length(line.serverReceived) === payload.length);
    assert.equal(digest(line.serverReceived), digest([payload]));
    line.server.write(payload);
    await line.until('all is back', () => length(line.received) === payload.length);
    assert.equal(digest(line.received), digest([payload]));
  });

  it('changes keys on request, and by itself before a key is worn out', async () => {
    const updates = { sent: 0, received: 0 };
    const trace = (event: TraceEvent): void => {
      if (event.kind === 'message' && event.name === 'KeyUpdate') updates[event.direction]++;
    };
    const line = open({ policy: { recordsPerKeyMax: 8 }, options: { trace } });
    await line.connected();
    line.client.updateKeys();
    for (let i = 0; i < 40; i++) {
      line.client.write(Buffer.from(`message ${i};`));
      line.exchange();
      line.server.write(`reply ${i};`);
      await line.until('the reply is here', () => Buffer.concat(line.received).toString().endsWith(`reply ${i};`));
    }
    assert.ok(updates.sent >= 5, `sent ${updates.sent}`);
    assert.ok(updates.received >= 3, `received ${updates.received}`);
    assert.ok(Buffer.concat(line.serverReceived).toString().endsWith('message 39;'));
  });

  it('pads its records when the policy says so', async () => {
    const line = open({ policy: { paddingMultiple: 256 } });
    await line.connected();
    for (const length of [1, 100, 255]) {
      line.client.write(Buffer.alloc(length));
      assert.equal(line.client.outputBytes, 5 + 256 + 16);
      line.exchange();
    }
    await line.until('the padding is gone', () => Buffer.concat(line.serverReceived).length === 356);
  });

  it('keeps to the max_fragment_length that OpenSSL grants', async () => {
    const line = open({ client: device, serverOptions: mutual, policy: { recordSizeLimit: 1025 } });
    await line.connected();
    line.client.write(Buffer.alloc(3000));
    assert.equal(line.client.outputBytes, 3000 + 3 * (5 + 1 + 16));
    line.exchange();
    line.server.write(Buffer.alloc(5000));
    await line.until('all is here', () => Buffer.concat(line.received).length === 5000);
  });

  it('closes in order from either side', async () => {
    const first = open();
    await first.connected();
    first.client.close();
    first.exchange();
    await first.until('the server has seen the end', () => first.server.readableEnded);
    assert.equal(first.client.status.phase, 'closed');

    const second = open();
    await second.connected();
    second.server.end('bye');
    await second.until('the client has seen close_notify', () => second.client.status.peerClosed);
    assert.equal(Buffer.concat(second.received).toString(), 'bye');
    second.client.transportEnded();
    assert.equal(second.client.status.phase, 'closed');
  });
});
