import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { inspect } from 'node:util';
import type { TraceEvent } from '../../src/index.ts';
import { TestCa } from '../support/credentials.ts';
import { Line } from '../support/line.ts';
import { bothVersions } from '../support/tls12-policy.ts';

const ca = new TestCa();
const server = ca.server('broker.test');
const device = ca.client('device-1');
const lines: Line[] = [];
after(() => {
  for (const line of lines) line.end();
});

/** OpenSSL's key log gives the very secrets that the engine holds too. */
function keyLog(line: Line): string[] {
  const secrets: string[] = [];
  line.server.on('keylog', (entry: Buffer) => secrets.push(entry.toString().trim().split(' ')[2] ?? ''));
  return secrets;
}

function spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'hex');
  const first = bytes.subarray(0, 6);
  return [
    secret.slice(0, 12),
    bytes.toString('base64').slice(0, 8),
    [...first].join(', '),
    first.toString('hex').replace(/(..)(?=.)/g, '$1 '),
  ];
}

const versions = [
  { version: 'TLSv1.3', policy: {}, count: 4, name: 'exporter_master_secret' },
  { version: 'TLSv1.2', policy: bothVersions, count: 1, name: 'master_secret' },
] as const;

describe('secrets', () => {
  for (const { version, policy, count, name } of versions) {
    it(`appear neither in inspect nor in JSON nor in the trace, during the connection and after it (${version})`, async () => {
      const events: TraceEvent[] = [];
      const line = new Line({
        server,
        client: device,
        policy,
        serverOptions: { maxVersion: version, requestCert: true, rejectUnauthorized: true, ca: ca.root.certificatePem },
        options: { trace: (event) => events.push(event) },
      });
      lines.push(line);
      const secrets = keyLog(line);
      await line.connected();
      const shown = [inspect(line.client, { depth: null, showHidden: true }), JSON.stringify(line.client.status)];
      line.client.receive(Uint8Array.of(23, 3, 3, 0, 20, ...new Uint8Array(20)));
      assert.equal(line.client.failure?.code, 'KS-T115');
      shown.push(
        inspect(line.client, { depth: null, showHidden: true }),
        inspect(line.client.failure, { depth: null }),
      );
      shown.push(JSON.stringify(events));

      assert.ok(secrets.length >= count, `${secrets.length} secrets in the log`);
      for (const secret of secrets) {
        for (const spelling of spellings(secret)) for (const text of shown) assert.ok(!text.includes(spelling));
      }
      assert.ok(events.some((event) => event.kind === 'key' && event.name === name));
    });
  }

  it('are gone when the connection has ended: nothing can be derived or sent any more', async () => {
    const line = new Line({ server });
    lines.push(line);
    await line.connected();
    line.client.close();
    assert.throws(() => line.client.exporter('EXPORTER-x', new Uint8Array(0), 32), { code: 'KS-T130' });
    assert.throws(() => line.client.write(Uint8Array.of(1)), { code: 'KS-T130' });
    line.client.receive(Uint8Array.of(23, 3, 3, 0, 20, ...new Uint8Array(20)));
    assert.equal(line.client.status.phase, 'closed');
  });
});
