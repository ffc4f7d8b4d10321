import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { TestCa } from './support/credentials.ts';
import { echo, lineOpener, mutualWith, versions } from './support/versions.ts';

const ca = new TestCa();
const server = ca.server('broker.test');
const device = ca.client('device-1');
const mutual = mutualWith(ca);

for (const version of versions) {
  const open = lineOpener(server, version);

  describe(`against an OpenSSL server, over ${version.name}`, () => {
    it('connects without a client certificate when the server asks for none', async () => {
      const line = open();
      await line.connected();
      assert.equal(line.client.status.clientAuthenticated, false);
      await echo(line, Buffer.from('hello'));
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

    it('keeps to the max_fragment_length that OpenSSL grants', async () => {
      const line = open({ client: device, serverOptions: mutual, policy: { recordSizeLimit: 1025 } });
      await line.connected();
      line.client.write(Buffer.alloc(3000));
      assert.equal(line.client.outputBytes, 3000 + 3 * version.recordOverhead);
      line.exchange();
      line.server.write(Buffer.alloc(5000));
      await line.until('all is here', () => Buffer.concat(line.received).length === 5000);
    });

    it('closes in order from its side', async () => {
      const line = open();
      await line.connected();
      line.client.close();
      line.exchange();
      await line.until('the server has seen the end', () => line.server.readableEnded);
      assert.equal(line.client.status.phase, 'closed');
    });
  });
}
