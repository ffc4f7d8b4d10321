import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseTrustAnchor, type RevocationRequest, validateServerPath } from '../../../src/path/index.ts';
import { DAY_MS, extendedKeyUsage, mintCa, mintLeaf, oids, type Party } from '../../support/mint.ts';
import { refused } from '../../support/refusal.ts';

/** Lists and answers as OpenSSL makes them, which knows nothing of our reading. Its clock is the machine's. */
const skip = spawnSync('openssl', ['version']).status === 0 ? false : 'no openssl command';
const nowMs = Date.now();
const valid = { notBeforeMs: nowMs - DAY_MS, notAfterMs: nowMs + DAY_MS };

const folder = mkdtempSync(join(tmpdir(), 'keystile-revocation-'));
after(() => rmSync(folder, { recursive: true }));

const ca = mintCa({ subject: 'CA', ...valid });
const good = mintLeaf({ subject: 'good', issuer: ca, ...valid });
const bad = mintLeaf({ subject: 'bad', issuer: ca, ...valid });
const absent = mintLeaf({ subject: 'absent', issuer: ca, ...valid });
const delegate = mintLeaf({
  subject: 'responder',
  issuer: ca,
  ...valid,
  extensions: { extendedKeyUsage: extendedKeyUsage(oids.ocspSigning) },
});

for (const [name, party] of Object.entries({ ca, good, bad, absent, delegate })) {
  writeFileSync(join(folder, `${name}.pem`), new X509Certificate(party.der).toString());
  writeFileSync(join(folder, `${name}.key`), party.key.private.export({ format: 'pem', type: 'pkcs8' }));
}
writeFileSync(join(folder, 'index.txt'), [databaseLine('V', good), databaseLine('R', bad)].join(''));
writeFileSync(join(folder, 'number'), '1000\n');
writeFileSync(
  join(folder, 'ca.cnf'),
  `[ca]
default_ca = it
[it]
database = ${folder}/index.txt
crlnumber = ${folder}/number
default_md = sha256
default_crl_days = 3
crl_extensions = extensions
[extensions]
authorityKeyIdentifier = keyid
`,
);

/** The text database of `openssl ca`: state, end of validity, revocation with its reason, serial number, file, name. */
function databaseLine(state: 'V' | 'R', { serialNumber }: Party): string {
  const stamp = (ms: number): string => `${new Date(ms).toISOString().slice(2, 19).replaceAll(/\D/g, '')}Z`;
  const revocation = state === 'R' ? `${stamp(nowMs - 3_600_000)},keyCompromise` : '';
  const serial = Buffer.from(serialNumber).toString('hex').toUpperCase();
  return `${state}\t${stamp(valid.notAfterMs)}\t${revocation}\t${serial}\tunknown\t/CN=x\n`;
}

function openssl(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8', timeout: 20_000 });
  assert.equal(status, 0, stderr);
}

function check(leaf: Party, known: Partial<RevocationRequest>, rule: RevocationRequest['policy']['rule']): void {
  validateServerPath({
    chain: [leaf.der],
    anchors: [parseTrustAnchor(ca.der)],
    // The files were written a moment after this test began.
    atMs: nowMs + 60_000,
    serverName: 'server.example',
    revocation: { policy: { rule, ageMaxMs: DAY_MS }, timeIsFresh: true, ...known },
  });
}

test('a list of openssl ca revokes the one and not the other', { skip }, () => {
  openssl('ca', '-gencrl', '-config', 'ca.cnf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-out', 'list.pem');
  openssl('crl', '-in', 'list.pem', '-outform', 'DER', '-out', 'list.der');
  const lists = [new Uint8Array(readFileSync(join(folder, 'list.der')))];
  check(good, { lists }, 'crl-required');
  refused(() => check(bad, { lists }, 'crl-required'), 'KS-P115', /'CN=bad' is revoked \(keyCompromise\)/);
});

for (const responder of ['ca', 'delegate'] as const) {
  test(`an answer of openssl ocsp, signed by the ${responder}, is good, revoked or unknown`, { skip }, () => {
    check(good, { stapledOcsp: respond('good', responder) }, 'ocsp-staple-required');
    const revoked = { stapledOcsp: respond('bad', responder) };
    refused(() => check(bad, revoked, 'ocsp-staple-required'), 'KS-P115', /'CN=bad' is revoked \(keyCompromise\)/);
    refused(() => check(good, revoked, 'ocsp-staple-required'), 'KS-P119', /not about 'CN=good'/);
    const unknown = { stapledOcsp: respond('absent', responder) };
    refused(() => check(absent, unknown, 'ocsp-staple-required'), 'KS-P121', /does not know 'CN=absent'/);
  });
}

function respond(subject: string, responder: 'ca' | 'delegate'): Uint8Array {
  const signer = ['-rsigner', `${responder}.pem`, '-rkey', `${responder}.key`];
  const database = ['-index', 'index.txt', '-CA', 'ca.pem', '-ndays', '1'];
  const request = ['-issuer', 'ca.pem', '-cert', `${subject}.pem`];
  openssl('ocsp', ...database, ...signer, ...request, '-noverify', '-respout', 'answer.der');
  return new Uint8Array(readFileSync(join(folder, 'answer.der')));
}
