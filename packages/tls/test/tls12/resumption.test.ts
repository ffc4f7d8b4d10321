import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { type ClientOptions, TicketStore, TlsClient, type TraceEvent } from '../../src/index.ts';
import { decodeClientHello } from '../../src/messages/client-hello.ts';
import { TestCa } from '../support/credentials.ts';
import { Line, type LineOptions } from '../support/line.ts';
import { bothVersions, onlyTls12 } from '../support/tls12-policy.ts';
import { clientOptions, pinning } from '../support/wire.ts';

const ca = new TestCa();
const server = ca.server('broker.test');
const device = ca.client('device-1');
const dayMs = 86_400_000;

const lines: Line[] = [];
after(() => {
  for (const line of lines) line.end();
});

/** One server without TLS 1.3, with keys for its tickets, and one client with a clock that a test moves. */
class Fleet {
  readonly tickets = new TicketStore();
  readonly #ticketKeys = randomBytes(48);
  nowMs = 1_800_000_000_000;
  scope: Uint8Array = new Uint8Array(32).fill(1);

  async connect(options: Partial<LineOptions> = {}): Promise<Line> {
    const line = this.dial(options);
    await line.connected();
    assert.equal(line.server.isSessionReused(), line.client.status.resumed, 'both ends say the same');
    return line;
  }

  dial({ serverOptions, options, policy, ...more }: Partial<LineOptions> = {}): Line {
    const line = new Line({
      server,
      client: device,
      policy: { ...bothVersions, ...policy },
      serverOptions: {
        requestCert: true,
        rejectUnauthorized: true,
        ca: ca.root.certificatePem,
        ticketKeys: this.#ticketKeys,
        sessionIdContext: 'fleet',
        maxVersion: 'TLSv1.2',
        ...serverOptions,
      },
      options: { resumption: this.resumption, ...options },
      ...more,
    });
    lines.push(line);
    return line;
  }

  get resumption(): NonNullable<ClientOptions['resumption']> {
    return { tickets: this.tickets, scope: this.scope, nowMs: () => this.nowMs };
  }
}

describe('resumption with an OpenSSL server that has no TLS 1.3', () => {
  it('needs no certificate and no signature, and has the authentication of the first connection', async () => {
    const fleet = new Fleet();
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
    const fleet = new Fleet();
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

  it('says that the client was not authenticated when in the first connection it was not', async () => {
    const fleet = new Fleet();
    const open = { requestCert: false } as const;
    await fleet.connect({ serverOptions: open });
    const { status } = (await fleet.connect({ serverOptions: open })).client;
    assert.deepEqual([status.resumed, status.clientAuthenticated], [true, false]);
  });

  it('works with every suite', async () => {
    for (const ciphers of ['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-AES128-CCM']) {
      const fleet = new Fleet();
      await fleet.connect({ serverOptions: { ciphers } });
      assert.equal((await fleet.connect({ serverOptions: { ciphers } })).client.status.resumed, true, ciphers);
    }
  });

  it('gives way to a full handshake on the same hello when the server has forgotten the session', async () => {
    const fleet = new Fleet();
    await fleet.connect();
    const line = await fleet.connect({ serverOptions: { ticketKeys: randomBytes(48) } });
    assert.deepEqual([line.client.status.resumed, line.client.status.clientAuthenticated], [false, true]);
  });

  it('gives way to TLS 1.3 when the server has learned it, and the other way round', async () => {
    const fleet = new Fleet();
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
    const fleet = new Fleet();
    await fleet.connect({ policy: { recordSizeLimit: 1025 } });
    const line = await fleet.connect({ policy: { recordSizeLimit: 1025 } });
    assert.equal(line.client.status.resumed, true);
    line.client.write(Buffer.alloc(3000));
    assert.equal(line.client.outputBytes, 3000 + 3 * (5 + 8 + 16));
    line.server.write(Buffer.alloc(5000));
    await line.until('all is here', () => Buffer.concat(line.received).length === 5000);
  });

  it('works when every byte comes alone', async () => {
    const fleet = new Fleet();
    await fleet.connect({ pieces: 1 });
    assert.equal((await fleet.connect({ pieces: 1 })).client.status.resumed, true);
  });
});

describe('a ticket of TLS 1.2', () => {
  it('is used once, and spent by an attempt that fails, too', async () => {
    const fleet = new Fleet();
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

  const lives: readonly (readonly [string, number, number])[] = [
    ['a day, whatever the server says', 7 * 24 * 3600, dayMs],
    ['as long as the server says, if that is less', 600, 600_000],
  ];
  for (const [name, sessionTimeout, lifeMs] of lives) {
    it(`lives ${name}`, async () => {
      for (const [afterMs, resumed] of [
        [lifeMs - 1, true],
        [lifeMs, false],
      ] as const) {
        const fleet = new Fleet();
        await fleet.connect({ serverOptions: { sessionTimeout } });
        fleet.nowMs += afterMs;
        assert.equal((await fleet.connect({ serverOptions: { sessionTimeout } })).client.status.resumed, resumed);
      }
    });
  }

  it('dies when the first certificate of the server path that it stands on expires', async () => {
    const fleet = new Fleet();
    const notAfterMs = fleet.nowMs + 5000;
    const verifier: ReturnType<typeof pinning> = {
      verify: (request) => ({ ...pinning(server).verify(request), notAfterMs }),
    };
    const options = { options: { resumption: fleet.resumption, verifier } };
    await fleet.connect(options);
    fleet.nowMs = notAfterMs;
    assert.equal((await fleet.connect(options)).client.status.resumed, false);
    assert.equal(fleet.tickets.size, 0);
  });

  const changes: readonly (readonly [string, (fleet: Fleet) => Partial<LineOptions>])[] = [
    ['server name', ({ resumption }) => ({ options: { resumption, serverName: 'other.test' } })],
    ['policy', () => ({ policy: onlyTls12 })],
    ['client certificate', () => ({ client: ca.client('device-2') })],
    [
      'scope (policy version, anchor store or boot session)',
      (fleet) => {
        fleet.scope = new Uint8Array(32).fill(2);
        return {};
      },
    ],
  ];
  for (const [what, change] of changes) {
    it(`does not serve a connection with another ${what}`, async () => {
      const fleet = new Fleet();
      await fleet.connect();
      assert.equal((await fleet.connect(change(fleet))).client.status.resumed, false);
    });
  }

  for (const moment of ['ClientHello', 'ServerHello'] as const) {
    it(`that was dropped while the server thinks about it ends the handshake (${moment})`, async () => {
      const fleet = new Fleet();
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
    const fleet = new Fleet();
    const trace = (event: TraceEvent): void => {
      if (event.kind === 'message' && event.name === 'NewSessionTicket') fleet.tickets.drop('boot');
    };
    await fleet.connect({ options: { resumption: fleet.resumption, trace } });
    assert.equal(fleet.tickets.size, 0);
  });

  it('is neither asked for nor kept by a client that does not resume', async () => {
    const line = new Line({ server, policy: bothVersions, serverOptions: { maxVersion: 'TLSv1.2' } });
    lines.push(line);
    await line.connected();
    const client = new TlsClient(clientOptions({ server, policy: bothVersions }));
    client.start();
    const { extensions } = decodeClientHello(client.takeOutput().subarray(9));
    assert.equal(extensions.get('session_ticket'), undefined);
  });

  it('shows its secret to nobody who looks at the store', async () => {
    const fleet = new Fleet();
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
