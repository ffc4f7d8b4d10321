import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { CertificateVerifier, TraceEvent } from '../../src/index.ts';
import { TestCa } from '../support/credentials.ts';
import { onlyTls12, tls12Suites } from '../support/tls12-policy.ts';
import { echo, lineOpener, mutualWith, tls12 } from '../support/versions.ts';
import { pinning } from '../support/wire.ts';

const ca = new TestCa();
const server = ca.server('broker.test');
const serverP384 = ca.server('broker.test', 'P-384');
const device = ca.client('device-1');
const middle = new TestCa('Test Issuer', ca);
/** The chains below them have one, two and three certificates. */
const issuers = [ca, middle, new TestCa('Test Line', middle)];
const mutual = mutualWith(ca);
const open = lineOpener(server, tls12);

/** OpenSSL's names of the suites; CCM is off there unless it is named. */
const opensslNames = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_128_CCM: 'ECDHE-ECDSA-AES128-CCM',
} as const;

describe('against an OpenSSL server that has no TLS 1.3', () => {
  for (const suite of tls12Suites) {
    for (const group of ['X25519', 'P-256', 'P-384'] as const) {
      it(`shakes hands with ${suite} over ${group}, with both certificates`, async () => {
        const line = open({
          client: device,
          policy: { groups: [...new Set([group, 'P-256'] as const)], keyShares: [group] },
          // The certificates' curve must be among the groups of both ends too, RFC 8422 §5.3.
          serverOptions: { ...mutual, ciphers: opensslNames[suite], ecdhCurve: `${group}:P-256` },
        });
        await line.connected();
        const { protocol, cipherSuite, group: negotiated, alpn, clientAuthenticated } = line.client.status;
        assert.deepEqual(
          { protocol, cipherSuite, negotiated, alpn, clientAuthenticated },
          { protocol: 'TLSv1.2', cipherSuite: suite, negotiated: group, alpn: 'mqtt', clientAuthenticated: true },
        );
        assert.equal(line.server.getProtocol(), 'TLSv1.2');
        assert.equal(line.server.getPeerCertificate().subject.CN, 'device-1');
        await echo(line, randomBytes(40_000));
      });
    }
  }

  for (const length of [1, 2, 3]) {
    it(`has a chain of ${length} verified, as the server sent it`, async () => {
      const issuer = issuers[length - 1] ?? ca;
      const leaf = issuer.server('broker.test');
      const whole = [leaf, ...issuer.intermediates];
      const seen: (readonly Uint8Array[])[] = [];
      const verify: CertificateVerifier['verify'] = (request) => {
        seen.push(request.chain);
        return pinning(leaf).verify(request);
      };
      const certificatePem = whole.map((credential) => credential.certificatePem).join('');
      const line = open({ server: { ...leaf, certificatePem }, options: { verifier: { verify } } });
      await line.connected();
      assert.deepEqual(seen, [whole.map(({ certificate }) => Uint8Array.from(certificate.raw))]);
    });
  }

  it('connects the same when the policy knows TLS 1.2 alone, even to a server that has better', async () => {
    const line = open({ client: device, policy: onlyTls12, serverOptions: { ...mutual, maxVersion: 'TLSv1.3' } });
    await line.connected();
    assert.equal(line.client.status.protocol, 'TLSv1.2');
    await echo(line, Buffer.from('hello'));
  });

  it('prefers TLS 1.3 where the server has it', async () => {
    const line = open({ serverOptions: { maxVersion: 'TLSv1.3' } });
    await line.connected();
    assert.equal(line.client.status.protocol, 'TLSv1.3');
  });

  it('sends and receives its messages in the order of the standard', async () => {
    const said: string[] = [];
    const trace = (event: TraceEvent): void => {
      if (event.kind === 'message') said.push(`${event.direction} ${event.name} ${event.protectedBy}`);
    };
    const line = open({ client: device, serverOptions: mutual, options: { trace } });
    await line.connected();
    assert.deepEqual(said, [
      'sent ClientHello none',
      'received ServerHello none',
      'received Certificate none',
      'received ServerKeyExchange none',
      'received CertificateRequest none',
      'received ServerHelloDone none',
      'sent Certificate none',
      'sent ClientKeyExchange none',
      'sent CertificateVerify none',
      'sent Finished application',
      'received Finished application',
    ]);
  });

  it('verifies a P-384 certificate when the server signs with SHA-384', async () => {
    const groups = ['X25519', 'P-256', 'P-384'] as const;
    const line = open({ server: serverP384, policy: { groups }, serverOptions: { sigalgs: 'ECDSA+SHA384' } });
    await line.connected();
    await echo(line, Buffer.from('hello'));
  });

  it('signs with a P-384 key of its own', async () => {
    const strong = ca.client('device-2', 'P-384');
    const clientCertificate = { chain: [strong.certificate.raw], scheme: 'ecdsa_secp384r1_sha384' } as const;
    const groups = ['X25519', 'P-256', 'P-384'] as const;
    const line = open({ client: strong, policy: { groups }, serverOptions: mutual, options: { clientCertificate } });
    await line.connected();
    assert.equal(line.server.getPeerCertificate().subject.CN, 'device-2');
  });

  it('exports the same keying material as the server', async () => {
    for (const suite of tls12Suites) {
      const line = open({ client: device, serverOptions: { ...mutual, ciphers: opensslNames[suite] } });
      await line.connected();
      for (const [length, contextLength] of [
        [1, 32],
        [48, 0],
        [255, 300],
      ] as const) {
        const context = randomBytes(contextLength);
        const ours = Buffer.from(line.client.exporter('EXPORTER-keystile-evidence-1', context, length));
        assert.deepEqual(ours, line.server.exportKeyingMaterial(length, 'EXPORTER-keystile-evidence-1', context));
      }
      // OpenSSL tells no context from an empty one here; `node:tls` has no word for it but to leave the argument out.
      const bare = Buffer.from(line.client.exporter('EXPORTER-x', undefined, 32));
      const leftOut = line.server.exportKeyingMaterial as (length: number, label: string) => Buffer;
      assert.deepEqual(bare, leftOut.call(line.server, 32, 'EXPORTER-x'));
      assert.notDeepEqual(bare, Buffer.from(line.client.exporter('EXPORTER-x', new Uint8Array(0), 32)));
      assert.throws(() => line.client.exporter('EXPORTER-x', new Uint8Array(65_536), 32), { code: 'KS-T137' });
    }
  });

  it('ends the connection, in order, when its keys are worn out', async () => {
    const line = open({ policy: { recordsPerKeyMax: 8 } });
    await line.connected();
    // The client's Finished was the first record under the key, close_notify will be the last.
    for (let i = 0; i < 6; i++) line.client.write(Uint8Array.of(i));
    assert.equal(line.client.status.phase, 'connected');
    line.client.write(Uint8Array.of(6));
    assert.equal(line.client.failure?.code, 'KS-T162');
    line.exchange();
    await line.until('the server has seen the end', () => line.server.readableEnded);
    assert.deepEqual([...Buffer.concat(line.serverReceived)], [0, 1, 2, 3, 4, 5]);
    assert.equal(line.serverError, undefined);
  });

  it('receives no more under one key than it can protect', async () => {
    const line = open({ policy: { recordsPerKeyMax: 8 } });
    await line.connected();
    for (let i = 0; i < 8; i++) {
      line.server.write(Uint8Array.of(i));
      await line.until(
        'it is here',
        () => Buffer.concat(line.received).length > i || line.client.failure !== undefined,
      );
    }
    assert.equal(line.client.failure?.code, 'KS-T162');
    assert.deepEqual([...Buffer.concat(line.received)], [0, 1, 2, 3, 4, 5, 6]);
  });

  it('has no key update', async () => {
    const line = open();
    await line.connected();
    assert.throws(() => line.client.updateKeys(), { code: 'KS-T163' });
    await echo(line, Buffer.from('still here'));
  });

  it("answers the server's close_notify at once, writes nothing after it, and can still be read", async () => {
    const alerts: string[] = [];
    const trace = (event: TraceEvent): void => {
      if (event.kind === 'alert') alerts.push(`${event.direction} ${event.name}`);
    };
    const line = open({ options: { trace } });
    await line.connected();
    line.server.end('bye');
    await line.until('the client has seen close_notify', () => line.client.status.peerClosed);
    assert.equal(Buffer.concat(line.received).toString(), 'bye');
    assert.throws(() => line.client.write(Uint8Array.of(1)), { code: 'KS-T130' });
    line.client.transportEnded();
    assert.equal(line.client.status.phase, 'closed');
    assert.deepEqual(alerts, ['received close_notify', 'sent close_notify']);
  });
});
