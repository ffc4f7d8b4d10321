import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { TraceEvent } from '../../src/index.ts';
import { TestCa } from '../support/credentials.ts';
import { echo, lineOpener, mutualWith, tls13 } from '../support/versions.ts';

const ca = new TestCa();
const server = ca.server('broker.test');
const serverP384 = ca.server('broker.test', 'P-384');
const device = ca.client('device-1');
const mutual = mutualWith(ca);
const open = lineOpener(server, tls13);

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

  it('closes in order when the server does', async () => {
    const line = open();
    await line.connected();
    line.server.end('bye');
    await line.until('the client has seen close_notify', () => line.client.status.peerClosed);
    assert.equal(Buffer.concat(line.received).toString(), 'bye');
    line.client.transportEnded();
    assert.equal(line.client.status.phase, 'closed');
  });
});
