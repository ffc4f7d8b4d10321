import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KeystileError } from '@keystile/errors';
import {
  issueClientCertificate,
  issueIssuingCa,
  issueRootCa,
  issueServerCertificate,
  parseCertificationRequest,
} from '../../src/issue/index.ts';
import {
  certificationRequest,
  certificationRequestInfo,
  parseCertificate,
  parseTrustAnchor,
  subjectUris,
  validateClientPath,
  validateServerPath,
} from '../../src/path/index.ts';

const now = Date.UTC(2026, 10, 23);
const day = 86_400_000;
const validity = { fromMs: now - day, untilMs: now + 365 * day };

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

function spkiOf(key: KeyObject): Uint8Array {
  return new Uint8Array(
    execFileSync('openssl', ['pkey', '-pubout', '-outform', 'DER'], {
      input: key.export({ format: 'pem', type: 'pkcs8' }),
    }),
  );
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const skip = hasOpenssl ? false : 'no openssl command';

const root = await issueRootCa({
  key: newKey(),
  subject: { organization: 'home', commonName: 'home root' },
  validity,
  pathLengthMax: 1,
});
const serverCa = await issueIssuingCa({
  key: newKey(),
  subject: { organization: 'home', commonName: 'server CA' },
  validity,
  issuer: root,
});
const deviceCa = await issueIssuingCa({
  key: newKey(),
  subject: { organization: 'home', commonName: 'device CA' },
  validity,
  issuer: root,
  devicesOf: 'home',
});
const anchors = [parseTrustAnchor(root.der)];
const subject = { organization: 'home', commonName: 'x' };

function refusal(code: string, sentence: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof KeystileError && error.code === code && sentence.test(error.detail);
}

test('a server certificate validates for its names, and for no other', { skip }, async () => {
  const names = ['localhost', '127.0.0.1', '::1', '*.fleet.example'];
  const { chain } = await issueServerCertificate({
    issuer: serverCa,
    subject,
    publicKey: spkiOf(newKey()),
    validity,
    names,
  });
  for (const serverName of [
    'localhost',
    'LOCALHOST',
    'localhost.',
    '127.0.0.1',
    '::1',
    '0:0:0:0:0:0:0:1',
    'a.fleet.example',
  ]) {
    validateServerPath({ chain, anchors, atMs: now, serverName });
  }
  for (const serverName of ['local', '127.0.0.2', 'fleet.example', 'a.b.fleet.example', 'x', '']) {
    assert.throws(
      () => validateServerPath({ chain, anchors, atMs: now, serverName }),
      refusal('KS-P104', /is for localhost, .*; the device dialled/),
      serverName,
    );
  }
});

test('another root, another time and another use are refused, each with its sentence', { skip }, async () => {
  const { chain } = await issueServerCertificate({
    issuer: serverCa,
    subject,
    publicKey: spkiOf(newKey()),
    validity: { fromMs: now, untilMs: now + day },
    names: ['localhost'],
  });
  const foreign = await issueRootCa({
    key: newKey(),
    subject: { organization: 'elsewhere', commonName: 'other root' },
    validity,
    pathLengthMax: 1,
  });
  const request = { chain, anchors, atMs: now, serverName: 'localhost' };
  const refusals = [
    [
      { anchors: [parseTrustAnchor(foreign.der)] },
      'KS-P101',
      /ends at 'CN=home root, O=home'; this part trusts 'CN=other root/,
    ],
    [{ atMs: now + 2 * day }, 'KS-P102', /expired at 2026-11-24T.*time of the part is 2026-11-25T/],
    [{ atMs: now - 1 }, 'KS-P103', /valid from 2026-11-23T/],
    [{ chain: [] }, 'KS-P100', /no certificate/],
  ] as const;
  for (const [change, code, sentence] of refusals) {
    assert.throws(() => validateServerPath({ ...request, ...change }), refusal(code, sentence));
  }
  assert.throws(() => validateClientPath(request), refusal('KS-P107', /clientAuth/));
});

test('a device CA cannot issue what a server would need', { skip }, async () => {
  const asServer = await issueServerCertificate({
    issuer: deviceCa,
    subject,
    publicKey: spkiOf(newKey()),
    validity,
    names: ['localhost'],
  });
  const request = { chain: asServer.chain, anchors, atMs: now, serverName: 'localhost' };
  assert.throws(() => validateServerPath(request), refusal('KS-P108', /excludes the name 'localhost'/));
  const elsewhere = await issueClientCertificate({
    issuer: deviceCa,
    subject: { organization: 'elsewhere', commonName: 'x' },
    publicKey: spkiOf(newKey()),
    validity,
    identity: 'urn:keystile:home:device:x',
  });
  assert.throws(
    () => validateClientPath({ ...request, chain: elsewhere.chain }),
    refusal('KS-P108', /does not permit/),
  );
});

test('a chain with one byte of a signature changed is refused', { skip }, async () => {
  const { chain } = await issueServerCertificate({
    issuer: serverCa,
    subject,
    publicKey: spkiOf(newKey()),
    validity,
    names: ['a.example'],
  });
  const altered = chain[0].slice();
  altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
  assert.throws(
    () => validateServerPath({ chain: [altered, ...chain.slice(1)], anchors, atMs: now, serverName: 'a.example' }),
    refusal('KS-P105', /signature/),
  );
});

test('OpenSSL accepts a device certificate under the constrained CA', { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ks-pki-'));
  after(() => rm(folder, { recursive: true }));
  const identity = 'urn:keystile:home:device:ac-1';
  const issued = await issueClientCertificate({
    issuer: deviceCa,
    subject,
    publicKey: spkiOf(newKey()),
    validity,
    identity,
  });
  assert.deepEqual(subjectUris(parseCertificate(issued.chain[0])), [identity]);
  await writeFile(join(folder, 'root.pem'), root.pem);
  await writeFile(join(folder, 'ca.pem'), deviceCa.pem);
  await writeFile(join(folder, 'leaf.pem'), issued.pem);
  const args = ['-x509_strict', '-purpose', 'sslclient', '-attime', String(now / 1000)];
  const files = ['-CAfile', join(folder, 'root.pem'), '-untrusted', join(folder, 'ca.pem'), join(folder, 'leaf.pem')];
  const { stdout, stderr } = spawnSync('openssl', ['verify', ...args, ...files], { encoding: 'utf8' });
  assert.match(stdout, /: OK/, stderr);
});

test('a request that the part wrote is what OpenSSL and the issuer read', { skip }, async () => {
  const key = newKey();
  const uri = 'urn:keystile:home:device:ac-1';
  const info = certificationRequestInfo({ organization: 'home', commonName: 'ac-1', spki: spkiOf(key), uri });
  const request = certificationRequest(info, sign('sha256', info, key));
  const { status, stdout, stderr } = spawnSync('openssl', ['req', '-inform', 'DER', '-verify', '-noout', '-text'], {
    input: request,
  });
  assert.equal(status, 0);
  assert.match(`${stdout}${stderr}`, /verify OK/);
  assert.match(String(stdout), /O = home, CN = ac-1[\s\S]*URI:urn:keystile:home:device:ac-1/);
  assert.deepEqual(await parseCertificationRequest(request), {
    publicKey: spkiOf(key),
    uris: [uri],
    otherNames: false,
  });
  const altered = request.slice();
  altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
  await assert.rejects(parseCertificationRequest(altered), refusal('KS-P112', /request is refused/));
});
