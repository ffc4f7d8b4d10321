import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { TlsClient, type TraceEvent } from '../../src/index.ts';
import { decodeClientHello } from '../../src/messages/client-hello.ts';
import { TestCa } from '../support/credentials.ts';
import { fleetMaker } from '../support/ticket-fleet.ts';
import { bothVersions, onlyTls12 } from '../support/tls12-policy.ts';
import { lineOpener, tls12 } from '../support/versions.ts';
import { clientOptions } from '../support/wire.ts';

const ca = new TestCa();
const server = ca.server('broker.test');
const device = ca.client('device-1');

const open = lineOpener(server, tls12);
const fleetOf = fleetMaker({ ca, server, device }, tls12);

describe('resumption with an OpenSSL server that has no TLS 1.3', () => {
  it('needs no certificate and no signature, and has the authentication of the first connection', async () => {
    const fleet = fleetOf();
    const first = await fleet.connect();
    assert.deepEqual([first.client.status.resumed, fleet.tickets.size], [false, 1]);
    const seen: string[] = [];
    const second = await fleet.connect({
      signer: () => assert.fail('a signature was asked for'),
      options: {
        resumption: fleet.resumption,
        verifier: { verify: () => assert.fail('a certificate was verified') },
        trace: (event) => {
          if (event.kind === 'message') seen.push(`${event.direction} ${event.name}`);
        },
      },
    });
    const { status } = second.client;
    assert.deepEqual([status.protocol, status.resumed, status.clientAuthenticated], ['TLSv1.2', true, true]);
    assert.equal(status.serverPath, first.client.status.serverPath);
    assert.equal(status.alpn, 'mqtt');
    assert.equal(second.server.getPeerCertificate().subject.CN, 'device-1');
    assert.deepEqual(
      seen.filter((name) => !name.endsWith('NewSessionTicket')),
      ['sent ClientHello', 'received ServerHello', 'received Finished', 'sent Finished'],
    );
    const context = randomBytes(8);
    const exported = Buffer.from(second.client.exporter('EXPORTER-x', context, 32));
    assert.deepEqual(exported, second.server.exportKeyingMaterial(32, 'EXPORTER-x', context));
    assert.notDeepEqual(exported, Buffer.from(first.client.exporter('EXPORTER-x', context, 32)));
    second.client.write(Buffer.from('hello'));
    second.exchange();
    await second.until('the server has it', () => Buffer.concat(second.serverReceived).toString() === 'hello');
  });

  it('works for a policy that knows TLS 1.2 alone, whose hello has a session id with a ticket only', async () => {
    const fleet = fleetOf();
    const policy = onlyTls12;
    const idLength = (): number => {
      const client = new TlsClient({
        ...clientOptions({ server, client: device, policy }),
        resumption: fleet.resumption,
      });
      client.start();
      return decodeClientHello(client.takeOutput().subarray(9)).sessionId.length;
    };
    assert.equal(idLength(), 0);
    await fleet.connect({ policy });
    assert.equal((await fleet.connect({ policy })).client.status.resumed, true);
    // OpenSSL gives a new ticket to who resumes with an old one only; this server's is still new.
    await fleet.connect({ policy });
    assert.equal(idLength(), 32);
  });

  it('works with every suite', async () => {
    for (const ciphers of ['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-AES128-CCM']) {
      const fleet = fleetOf();
      await fleet.connect({ serverOptions: { ciphers } });
      assert.equal((await fleet.connect({ serverOptions: { ciphers } })).client.status.resumed, true, ciphers);
    }
  });

  it('gives way to TLS 1.3 when the server has learned it, and the other way round', async () => {
    const fleet = fleetOf();
    await fleet.connect();
    const newer = await fleet.connect({ serverOptions: { maxVersion: 'TLSv1.3' } });
    assert.deepEqual([newer.client.status.resumed, newer.client.status.protocol], [false, 'TLSv1.3']);
    newer.server.write('greeting');
    await newer.until('the tickets are here', () => Buffer.concat(newer.received).toString() === 'greeting');
    assert.ok(fleet.tickets.size > 0);
    const older = await fleet.connect();
    assert.deepEqual([older.client.status.resumed, older.client.status.protocol], [false, 'TLSv1.2']);
  });

  it('keeps the max_fragment_length of the session', async () => {
    const fleet = fleetOf();
    await fleet.connect({ policy: { recordSizeLimit: 1025 } });
    const line = await fleet.connect({ policy: { recordSizeLimit: 1025 } });
    assert.equal(line.client.status.resumed, true);
    line.client.write(Buffer.alloc(3000));
    assert.equal(line.client.outputBytes, 3000 + 3 * (5 + 8 + 16));
    line.server.write(Buffer.alloc(5000));
    await line.until('all is here', () => Buffer.concat(line.received).length === 5000);
  });
});

describe('a ticket of TLS 1.2', () => {
  it('is used once, and spent by an attempt that fails, too', async () => {
    const fleet = fleetOf();
    await fleet.connect();
    const policy = bothVersions;
    const client = new TlsClient({
      ...clientOptions({ server, client: device, policy }),
      resumption: fleet.resumption,
    });
    client.start();
    assert.ok((decodeClientHello(client.takeOutput().subarray(9)).extensions.get('session_ticket')?.length ?? 0) > 0);
    assert.equal(fleet.tickets.size, 0);
    client.transportEnded();
    assert.equal((await fleet.connect()).client.status.resumed, false);
  });

  for (const moment of ['ClientHello', 'ServerHello'] as const) {
    it(`that was dropped while the server thinks about it ends the handshake (${moment})`, async () => {
      const fleet = fleetOf();
      await fleet.connect();
      const trace = (event: TraceEvent): void => {
        if (event.kind === 'message' && event.name === moment) fleet.tickets.drop('key');
      };
      const line = fleet.dial({ options: { resumption: fleet.resumption, trace } });
      await line.failed();
      assert.equal(line.client.failure?.code, 'KS-T150');
      assert.equal(line.client.status.serverPath, undefined);
    });
  }

  it('that comes on a connection begun before a drop is not kept', async () => {
    const fleet = fleetOf();
    const trace = (event: TraceEvent): void => {
      if (event.kind === 'message' && event.name === 'NewSessionTicket') fleet.tickets.drop('boot');
    };
    await fleet.connect({ options: { resumption: fleet.resumption, trace } });
    assert.equal(fleet.tickets.size, 0);
  });

  it('is neither asked for nor kept by a client that does not resume', async () => {
    const line = open();
    await line.connected();
    const client = new TlsClient(clientOptions({ server, policy: bothVersions }));
    client.start();
    const { extensions } = decodeClientHello(client.takeOutput().subarray(9));
    assert.equal(extensions.get('session_ticket'), undefined);
  });

  it('shows its secret to nobody who looks at the store', async () => {
    const fleet = fleetOf();
    const line = fleet.dial();
    const secrets: string[] = [];
    line.server.on('keylog', (entry: Buffer) => secrets.push(entry.toString().trim().split(' ')[2] ?? ''));
    await line.connected();
    assert.deepEqual([fleet.tickets.size, secrets.length], [1, 1]);
    const shown = inspect(fleet.tickets, { depth: null, showHidden: true }) + JSON.stringify(fleet.tickets);
    assert.ok(!shown.includes(secrets[0]?.slice(0, 12) ?? ''));
    assert.ok(!shown.includes([...Buffer.from(secrets[0] ?? '', 'hex').subarray(0, 6)].join(', ')));
  });
});
