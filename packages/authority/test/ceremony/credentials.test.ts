import assert from 'node:assert/strict';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { chmod, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseTrustAnchor, validateClientPath, validateServerPath } from '@keystile/pki/path';
import { credentialPaths, ensureCredentials } from '../../src/index.ts';
import { DAY_MS } from '../../src/state/clock.ts';
import { homeWithFleet, TestClock } from '../support/home.ts';

test('broker and console have certificates for localhost; service and operator have identities', async (context) => {
  const clock = new TestClock();
  const { home, fleet } = await homeWithFleet(context, clock.now);
  const expected = {
    broker: ['server-ca', 'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1', '1.3.6.1.5.5.7.3.1'],
    console: ['server-ca', 'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1', '1.3.6.1.5.5.7.3.1'],
    service: ['client-ca', 'URI:urn:keystile:home:service:authority', '1.3.6.1.5.5.7.3.2'],
    operator: ['client-ca', 'URI:urn:keystile:home:operator:cli', '1.3.6.1.5.5.7.3.2'],
  } as const;
  for (const name of ['broker', 'console', 'service', 'operator'] as const) {
    const [issuer, names, usage] = expected[name];
    const pem = await readFile(credentialPaths(home, name).certificate, 'utf8');
    const certificate = new X509Certificate(pem);
    assert.equal(certificate.subjectAltName, names);
    assert.deepEqual(certificate.keyUsage, [usage]);
    assert.equal(certificate.verify(new X509Certificate(fleet.authorities[issuer].der).publicKey), true);
    assert.equal(certificate.validToDate.getTime() - clock.ms, 90 * DAY_MS);
    assert.equal(pem.split('BEGIN CERTIFICATE').length, 3, 'the issuing CA follows the certificate');
  }
});

test('the paths hold under our own rules, for the right purpose only', async (context) => {
  const clock = new TestClock();
  const { home, fleet } = await homeWithFleet(context, clock.now);
  const anchors = [parseTrustAnchor(fleet.authorities.root.der)];
  for (const name of ['broker', 'console', 'service', 'operator'] as const) {
    const pem = await readFile(credentialPaths(home, name).certificate, 'utf8');
    const chain = pem
      .split(/(?<=-----END CERTIFICATE-----\n)/)
      .filter((each) => each !== '')
      .map((each) => new Uint8Array(new X509Certificate(each).raw));
    const request = { chain, anchors, atMs: clock.ms };
    const asServer = () => validateServerPath({ ...request, serverName: 'localhost' });
    const asClient = () => validateClientPath(request);
    const [right, wrong] = name === 'broker' || name === 'console' ? [asServer, asClient] : [asClient, asServer];
    right();
    assert.throws(wrong, { code: /^KS-P/ }, name);
    if (right === asServer) {
      validateServerPath({ ...request, serverName: '127.0.0.1' });
      validateServerPath({ ...request, serverName: '::1' });
      assert.throws(() => validateServerPath({ ...request, serverName: 'example.org' }), { code: /^KS-P/ });
    }
  }
});

test('the broker gets the anchors of clients and the public half of the token key', async (context) => {
  const { home, fleet } = await homeWithFleet(context);
  const anchors = await readFile(join(home, 'broker/client-anchors.pem'), 'utf8');
  assert.equal(anchors.split('BEGIN CERTIFICATE').length, 4);
  for (const name of ['root', 'device-ca', 'client-ca'] as const) {
    assert.ok(anchors.includes(fleet.authorities[name].pem.trim()), name);
  }
  assert.equal(anchors.includes(fleet.authorities['maker-ca'].pem.trim()), false);
  const tokenKey = await readFile(join(home, 'broker/token-key.pem'), 'utf8');
  assert.equal(createPublicKey(tokenKey).equals(createPublicKey(fleet.keys.token)), true);
  assert.doesNotMatch(tokenKey, /PRIVATE/);
});

test('certificates are used again, and issued anew after two thirds of their life', async (context) => {
  const clock = new TestClock();
  const { home, fleet } = await homeWithFleet(context, clock.now);
  const issuedAt = async (nowMs: number): Promise<boolean[]> =>
    (await ensureCredentials({ fleet, home, nowMs })).map(({ issued }) => issued);
  const key = await readFile(credentialPaths(home, 'broker').key, 'utf8');
  assert.deepEqual(await issuedAt(clock.ms + 59 * DAY_MS), [false, false, false, false]);
  assert.equal(await readFile(credentialPaths(home, 'broker').key, 'utf8'), key);
  assert.deepEqual(await issuedAt(clock.ms + 61 * DAY_MS), [true, true, true, true]);
  assert.notEqual(await readFile(credentialPaths(home, 'broker').key, 'utf8'), key, 'with a new key');
  assert.deepEqual(await issuedAt(clock.ms + 62 * DAY_MS), [false, false, false, false]);
  assert.deepEqual(await issuedAt(clock.ms - 2 * DAY_MS), [true, true, true, true], 'not valid yet is not valid');
});

test('a certificate whose issue was cut short is issued again; an open key is refused', async (context) => {
  const { home, fleet } = await homeWithFleet(context);
  await rm(credentialPaths(home, 'console').certificate);
  const states = await ensureCredentials({ fleet, home, nowMs: Date.now() });
  assert.deepEqual(
    states.map(({ name, issued }) => [name, issued]),
    [
      ['broker', false],
      ['console', true],
      ['service', false],
      ['operator', false],
    ],
  );
  await chmod(credentialPaths(home, 'operator').key, 0o640);
  await assert.rejects(ensureCredentials({ fleet, home, nowMs: Date.now() }), { code: 'KS-A101' });
});

test('a broker that gets another name gets another certificate', async (context) => {
  const { home, fleet } = await homeWithFleet(context);
  const named = { fleet, home, serverNames: ['broker.example', '192.0.2.7'], nowMs: Date.now() };
  const first = await ensureCredentials(named);
  assert.deepEqual(
    first.map(({ issued }) => issued),
    [true, false, false, false],
  );
  const certificate = new X509Certificate(await readFile(credentialPaths(home, 'broker').certificate));
  assert.equal(certificate.checkHost('broker.example'), 'broker.example');
  assert.equal(certificate.checkIP('192.0.2.7'), '192.0.2.7');
  assert.equal(
    (await ensureCredentials(named)).some(({ issued }) => issued),
    false,
  );
});
