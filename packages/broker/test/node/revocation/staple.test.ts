import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { ocspAnswer, opensslMissing } from '@keystile/testkit';
import { issuersOf, mqttsListener, TestBroker } from '../../support/test-broker.ts';
import { TestFleet, type TlsIdentity } from '../../support/test-fleet.ts';
import { until } from '../../support/until.ts';

const DAYS_MS = 2 * 24 * 3_600_000;

describe('The OCSP answer for the own certificate', { skip: opensslMissing }, () => {
  let fleet: TestFleet;
  let broker: TestBroker;
  let server: TlsIdentity;

  before(async () => {
    fleet = await TestFleet.make();
    broker = await TestBroker.prepare(fleet);
    server = await fleet.server();
    await writeFile(join(broker.folder, 'key.pem'), server.key);
    await writeFile(join(broker.folder, 'cert.pem'), server.cert);
  });

  after(() => broker.close());

  const file = (): string => join(broker.folder, 'server.ocsp');
  const answer = (about: TlsIdentity, status: 'good' | 'revoked'): Uint8Array =>
    ocspAnswer(fleet.authorities['server-ca'], about.cert, status);

  async function stapled(): Promise<Buffer | undefined> {
    const where = { host: 'localhost', port: broker.port('mqtts'), ca: fleet.authorities.root.pem, requestOCSP: true };
    const socket = connectTls({ ...where, ...(await fleet.client('device', 'ac-1')) });
    const response = once(socket, 'OCSPResponse') as Promise<[Buffer | null]>;
    await once(socket, 'secureConnect');
    socket.destroy();
    return (await response)[0] ?? undefined;
  }

  it('is missed, is stapled once it is written, and is kept when what replaces it is no good', async () => {
    await broker.run(issuersOf(fleet) + mqttsListener('ocsp_response = "server.ocsp"'));
    assert.deepEqual(broker.codes, ['KS-B346']);
    assert.equal((await stapled())?.length ?? 0, 0);
    const good = answer(server, 'good');
    await writeFile(file(), good);
    const { staple } = broker.running.listeners[0]?.tls ?? assert.fail();
    await until(
      () => staple?.nextUpdateMs !== undefined,
      () => JSON.stringify(broker.codes),
    );
    assert.deepEqual(await stapled(), Buffer.from(good));
    for (const bad of [Buffer.from('nothing'), answer(server, 'revoked')]) {
      broker.events.length = 0;
      await writeFile(file(), bad);
      await until(
        () => broker.codes.includes('KS-B346'),
        () => JSON.stringify(broker.codes),
      );
      assert.deepEqual(await stapled(), Buffer.from(good));
    }
  });

  it('is not stapled for another certificate, or when it is too old', async () => {
    const { staple } = broker.running.listeners[0]?.tls ?? assert.fail();
    const der = (pem: string): Uint8Array => new X509Certificate(pem).raw;
    assert.ok(staple !== undefined);
    assert.ok(staple.answerFor(der(server.cert)));
    assert.equal(staple.answerFor(der((await fleet.server()).cert)), null);
    broker.laterMs = DAYS_MS;
    assert.equal(staple.answerFor(der(server.cert)), null);
    broker.laterMs = 0;
  });
});
