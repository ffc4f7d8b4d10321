import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { type ClientOptions, TicketStore, type TraceEvent } from '../../src/index.ts';
import { TestCa } from '../support/credentials.ts';
import { OpensslServers, opensslAbsence } from '../support/s-server.ts';
import type { Wire } from '../support/wire.ts';

const skip = opensslAbsence();

const ca = new TestCa();
const server = ca.server('broker.test');
const device = ca.client('device-1');
const servers = new OpensslServers(server, ca.root);
after(() => servers.end());

const verifying = ['-Verify', '1', '-verify_return_error'] as const;

function connected(wire: Wire): Promise<void> {
  return wire.until('connected', () => wire.client.status.phase === 'connected');
}

async function reversed(wire: Wire, line: string): Promise<void> {
  const expected = Buffer.concat(wire.received).toString() + [...line].toReversed().join('');
  wire.client.write(Buffer.from(`${line}\n`));
  wire.exchange();
  await wire.until('the line comes back reversed', () => Buffer.concat(wire.received).toString() === `${expected}\n`);
}

/** Unlike a `node:tls` server, `openssl s_server` refuses a client certificate inside the handshake, with an alert. */
describe('against openssl s_server', { skip }, () => {
  it('shakes hands, and the server sees the certificate and the data', async () => {
    const wire = await servers.dial(await servers.start(verifying), { client: device });
    await connected(wire);
    await reversed(wire, 'drawer');
    assert.equal(wire.client.status.clientAuthenticated, true);
  });

  it('learns from the alert that the server does not trust its issuer', async () => {
    const stranger = new TestCa('Other Root').client('stranger');
    const wire = await servers.dial(await servers.start(verifying), { client: stranger });
    await wire.failed();
    assert.equal(wire.client.failure?.code, 'KS-T105');
    assert.match(wire.client.failure?.detail ?? '', /unknown_ca.*does not trust the issuer/);
  });

  it('learns from the alert that it should have brought a certificate', async () => {
    const wire = await servers.dial(await servers.start(verifying));
    await wire.failed();
    assert.equal(wire.client.failure?.code, 'KS-T105');
    assert.match(wire.client.failure?.detail ?? '', /certificate_required/);
  });

  for (const suite of ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_AES_128_CCM_SHA256'] as const) {
    for (const group of ['X25519', 'P-256', 'P-384'] as const) {
      it(`talks under ${suite} over ${group}, after a HelloRetryRequest where it must`, async () => {
        const running = await servers.start(['-ciphersuites', suite, '-groups', group]);
        const wire = await servers.dial(running, { policy: { groups: ['X25519', 'P-256', 'P-384'] } });
        await connected(wire);
        assert.deepEqual([wire.client.status.cipherSuite, wire.client.status.group], [suite, group]);
        await reversed(wire, 'drawer');
      });
    }
  }

  it('follows a stateless HelloRetryRequest with a cookie', async () => {
    await connected(await servers.dial(await servers.start(['-stateless'])));
  });

  it('keeps to the fragment length that it was granted', async () => {
    const wire = await servers.dial(await servers.start([]), { policy: { recordSizeLimit: 513 } });
    await connected(wire);
    await reversed(wire, 'x'.repeat(2000));
  });

  it('follows the key updates of the server, and answers the one that asks for an answer', async () => {
    const updates = { sent: 0, received: 0 };
    const trace = (event: TraceEvent): void => {
      if (event.kind === 'message' && event.name === 'KeyUpdate') updates[event.direction]++;
    };
    const running = await servers.start([], { interactive: true });
    const wire = await servers.dial(running, { options: { trace } });
    await connected(wire);
    for (const [command, count] of [
      ['k', 1],
      ['K', 2],
    ] as const) {
      running.type(`${command}\n`);
      await wire.until('the update was followed', () => updates.received === count);
      running.type(`after ${command}\n`);
      await wire.until('data comes under the new key', () =>
        Buffer.concat(wire.received).toString().endsWith(`after ${command}\n`),
      );
    }
    wire.client.write(Buffer.from('under my second key\n'));
    wire.exchange();
    await running.says('under my second key');
    assert.equal(updates.sent, 1, 'one of the two asked for an answer');
    wire.client.updateKeys();
    wire.client.write(Buffer.from('under my third key\n'));
    wire.exchange();
    // OpenSSL answers when it has something to say.
    await running.says('under my third key');
    running.type('an answer\n');
    await wire.until('the server answers the update', () => updates.received === 3);
  });
});

describe('resumption with openssl s_server', { skip }, () => {
  const kinds: readonly (readonly [string, readonly string[]])[] = [
    ['by tickets that hold the session', []],
    ['by tickets that name a session it remembers', ['-no_ticket']],
    ['after a HelloRetryRequest', ['-groups', 'P-256']],
    ['after a stateless HelloRetryRequest with a cookie', ['-stateless']],
    ['with SHA-384', ['-ciphersuites', 'TLS_AES_256_GCM_SHA384']],
  ];
  for (const [name, more] of kinds) {
    it(`${name}: works, and the client is who it was`, async () => {
      const options = resuming();
      const running = await servers.start([...verifying, ...more]);
      for (const resumed of [false, true, true]) {
        const wire = await servers.dial(running, { client: device, options });
        await connected(wire);
        await reversed(wire, 'drawer');
        const { status } = wire.client;
        assert.deepEqual([status.resumed, status.clientAuthenticated], [resumed, true]);
        wire.client.close();
        wire.exchange();
        wire.end();
      }
    });
  }

  it('by tickets that permit early data: sends none', async () => {
    const options = resuming();
    const more = [...verifying, '-early_data', '-max_early_data', '16384'];
    const running = await servers.start(more, { interactive: true });
    for (const resumed of [false, true]) {
      const wire = await servers.dial(running, { client: device, options });
      await connected(wire);
      running.type('hello\n');
      await wire.until('the server speaks', () => Buffer.concat(wire.received).toString() === 'hello\n');
      assert.equal(wire.client.status.resumed, resumed);
      wire.client.close();
      wire.exchange();
      wire.end();
    }
    await running.says('No early data received');
    assert.doesNotMatch(running.printed(), /Early data received/);
  });
});

function resuming(): Partial<ClientOptions> {
  return { resumption: { tickets: new TicketStore(), scope: new Uint8Array(32), nowMs: Date.now } };
}
