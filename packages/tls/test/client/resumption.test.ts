import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { decodeOfferedPsks } from '../../src/extensions/pre-shared-key.ts';
import { type CipherSuite, type TicketStore, TlsClient, type TlsPolicy } from '../../src/index.ts';
import { decodeClientHello } from '../../src/messages/client-hello.ts';
import { TestCa } from '../support/credentials.ts';
import { fleetMaker } from '../support/ticket-fleet.ts';
import { lineOpener, tls13 } from '../support/versions.ts';
import { clientOptions } from '../support/wire.ts';

const ca = new TestCa();
const server = ca.server('broker.test');
const device = ca.client('device-1');

const open = lineOpener(server, tls13);
const fleetOf = fleetMaker({ ca, server, device }, tls13);

describe('resumption with an OpenSSL server', () => {
  it('needs no certificate and no signature, and has the authentication of the first connection', async () => {
    const fleet = fleetOf();
    const first = await fleet.connect();
    assert.equal(first.client.status.resumed, false);
    assert.ok(fleet.tickets.size > 0);
    const seen: string[] = [];
    const second = await fleet.connect({
      signer: () => assert.fail('a signature was asked for'),
      options: {
        resumption: fleet.resumption,
        verifier: { verify: () => assert.fail('a certificate was verified') },
        trace: (event) => {
          if (event.kind === 'message') seen.push(event.name);
        },
      },
    });
    assert.equal(second.client.status.resumed, true);
    assert.equal(second.client.status.clientAuthenticated, true);
    assert.equal(second.client.status.serverPath, first.client.status.serverPath);
    assert.equal(second.server.getPeerCertificate().subject.CN, 'device-1');
    assert.deepEqual(seen.slice(0, 5), ['ClientHello', 'ServerHello', 'EncryptedExtensions', 'Finished', 'Finished']);
    const context = randomBytes(8);
    const exported = Buffer.from(second.client.exporter('EXPORTER-x', context, 32));
    assert.deepEqual(exported, second.server.exportKeyingMaterial(32, 'EXPORTER-x', context));
  });

  for (const group of ['X25519', 'P-256', 'P-384', 'X25519MLKEM768'] as const) {
    it(`has a fresh key share, over ${group}`, async () => {
      const fleet = fleetOf();
      const options = { policy: { groups: [group], keyShares: [group] }, serverOptions: { ecdhCurve: group } };
      await fleet.connect(options);
      const { status } = (await fleet.connect(options)).client;
      assert.deepEqual([status.resumed, status.group], [true, group]);
    });
  }

  for (const group of ['P-256', 'P-384', 'X25519MLKEM768'] as const) {
    it(`goes through a HelloRetryRequest to ${group}: the binder covers both hellos`, async () => {
      const fleet = fleetOf();
      const policy: Partial<TlsPolicy> = { groups: ['X25519', group], keyShares: ['X25519'] };
      await fleet.connect({ policy });
      const { status } = (await fleet.connect({ policy, serverOptions: { ecdhCurve: group } })).client;
      assert.deepEqual([status.resumed, status.group], [true, group]);
    });
  }

  const suiteSteps: readonly (readonly [CipherSuite, CipherSuite, boolean])[] = [
    ['TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256', true],
    ['TLS_AES_256_GCM_SHA384', 'TLS_AES_256_GCM_SHA384', true],
    ['TLS_AES_128_CCM_SHA256', 'TLS_AES_128_CCM_SHA256', true],
    ['TLS_AES_128_GCM_SHA256', 'TLS_AES_128_CCM_SHA256', true],
    ['TLS_AES_128_CCM_SHA256', 'TLS_AES_128_GCM_SHA256', true],
    ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', false],
    ['TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256', false],
  ];
  for (const [before, then, resumes] of suiteSteps) {
    it(`${resumes ? 'works' : 'gives way to a full handshake'} from ${before} to ${then}`, async () => {
      const fleet = fleetOf();
      await fleet.connect({ serverOptions: { ciphers: before } });
      const { status } = (await fleet.connect({ serverOptions: { ciphers: then } })).client;
      assert.deepEqual([status.resumed, status.cipherSuite], [resumes, then]);
    });
  }

  it('withdraws the offer after a HelloRetryRequest that fixes a suite of another hash', async () => {
    const fleet = fleetOf();
    await fleet.connect({ serverOptions: { ciphers: 'TLS_AES_256_GCM_SHA384' } });
    const line = await fleet.connect({ serverOptions: { ciphers: 'TLS_AES_128_GCM_SHA256', ecdhCurve: 'P-256' } });
    assert.deepEqual([line.client.status.resumed, line.client.status.clientAuthenticated], [false, true]);
  });

  it('gives way to a full handshake on the same hello when the server has forgotten the session', async () => {
    const fleet = fleetOf();
    await fleet.connect();
    const sent: string[] = [];
    const line = await fleet.connect({
      serverOptions: { ticketKeys: randomBytes(48) },
      options: {
        resumption: fleet.resumption,
        trace: (event) => {
          if (event.kind === 'message' && event.direction === 'sent') sent.push(event.name);
        },
      },
    });
    assert.deepEqual([line.client.status.resumed, line.client.status.clientAuthenticated], [false, true]);
    assert.deepEqual(sent, ['ClientHello', 'Certificate', 'CertificateVerify', 'Finished']);
  });
});

describe('a ticket', () => {
  it('is used once: when all are spent, the handshake is a full one', async () => {
    const fleet = fleetOf();
    await fleet.connect();
    const count = fleet.tickets.size;
    for (let i = 0; i < count; i++) assert.equal((await fleet.connect()).client.status.resumed, true);
    assert.equal((await fleet.connect()).client.status.resumed, false);
  });

  it('is spent by an attempt that fails, too', async () => {
    const fleet = fleetOf();
    await fleet.connect();
    const before = fleet.tickets.size;
    const client = new TlsClient({ ...clientOptions({ server, client: device }), resumption: fleet.resumption });
    client.start();
    client.transportEnded();
    assert.equal(fleet.tickets.size, before - 1);
  });

  it('does not serve a connection without the client certificate', async () => {
    const fleet = fleetOf();
    await fleet.connect({ serverOptions: { rejectUnauthorized: false } });
    const line = open({
      serverOptions: { requestCert: true, rejectUnauthorized: false, sessionIdContext: 'fleet' },
      options: { resumption: fleet.resumption },
    });
    await line.connected();
    assert.equal(line.client.status.resumed, false);
    assert.deepEqual(line.server.getPeerCertificate(), {});
  });

  it('that was dropped while the server thinks about it ends the handshake', async () => {
    const fleet = fleetOf();
    await fleet.connect();
    const line = fleet.dial({
      options: {
        resumption: fleet.resumption,
        trace: (event) => {
          if (event.kind === 'message' && event.name === 'ClientHello') fleet.tickets.drop('key');
        },
      },
    });
    await line.failed();
    assert.equal(line.client.failure?.code, 'KS-T150');
    assert.equal(line.client.status.serverPath, undefined);
  });

  it('is neither asked for nor kept by a client that does not resume', async () => {
    const fleet = fleetOf();
    const line = open({ client: device, serverOptions: { ticketKeys: randomBytes(48) } });
    await line.connected();
    assert.equal(fleet.tickets.size, 0);
    const client = new TlsClient(clientOptions({ server, client: device }));
    client.start();
    const { extensions } = decodeClientHello(client.takeOutput().subarray(9));
    assert.equal(extensions.get('psk_key_exchange_modes'), undefined);
    assert.equal(extensions.get('pre_shared_key'), undefined);
  });
});

describe('the hello that offers a ticket', () => {
  it('ends with it, permits (EC)DHE only, never offers early data, and hides how old the ticket is', async () => {
    const fleet = fleetOf();
    await fleet.connect();
    fleet.nowMs += 1234;
    const client = new TlsClient({ ...clientOptions({ server, client: device }), resumption: fleet.resumption });
    client.start();
    const body = client.takeOutput().subarray(9);
    const { extensions } = decodeClientHello(body);
    assert.deepEqual([...(extensions.get('psk_key_exchange_modes') ?? [])], [1, 1]);
    assert.equal(extensions.get('early_data'), undefined);
    const data = extensions.get('pre_shared_key') ?? new Uint8Array(0);
    const [offered, ...others] = decodeOfferedPsks(data);
    assert.deepEqual(others, []);
    assert.equal(offered?.binder.length, 32);
    assert.ok(Buffer.from(body).subarray(-data.length).equals(data), 'the extension is the last');
    assert.notEqual(offered.obfuscatedAge, 1234);
  });

  it('needs a store and a digest: anything else is refused', () => {
    const base = clientOptions({ server });
    const { resumption } = fleetOf();
    for (const wrong of [
      { ...resumption, scope: new Uint8Array(31) },
      { ...resumption, tickets: {} as TicketStore },
    ]) {
      assert.throws(() => new TlsClient({ ...base, resumption: wrong }), { code: 'KS-T131' });
    }
  });
});
