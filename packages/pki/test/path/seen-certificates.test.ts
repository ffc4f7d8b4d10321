import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseCertificate,
  parseTrustAnchor,
  SeenCertificates,
  type ValidatedPath,
  validateServerPath,
} from '../../src/path/index.ts';
import { DAY_MS, mintCa, mintLeaf, NOW_MS } from '../support/mint.ts';
import { refused } from '../support/refusal.ts';

const root = mintCa({ subject: 'Root' });
const intermediate = mintCa({ subject: 'CA', issuer: root });
const leaf = mintLeaf({ subject: 'server', issuer: intermediate });
const anchors = [parseTrustAnchor(root.der)];

function validate(
  seen: SeenCertificates,
  change: Partial<Parameters<typeof validateServerPath>[0]> = {},
): ValidatedPath {
  const chain = [leaf.der, intermediate.der];
  return validateServerPath({ chain, anchors, atMs: NOW_MS, serverName: 'server.example', seen, ...change });
}

test('a path that came before is found again, and its certificates are the same objects', () => {
  const seen = new SeenCertificates();
  const first = validate(seen);
  assert.equal(validate(seen).leaf, first.leaf);
  const chain = [leaf.der, intermediate.der];
  assert.deepEqual(first, validateServerPath({ chain, anchors, atMs: NOW_MS, serverName: 'server.example' }));
});

test('validity, name and anchors are judged anew for certificates that came before', () => {
  const seen = new SeenCertificates();
  validate(seen);
  refused(() => validate(seen, { atMs: NOW_MS + 3650 * DAY_MS }), 'KS-P102', /expired/);
  refused(() => validate(seen, { serverName: 'other.example' }), 'KS-P104', /other\.example/);
  refused(() => validate(seen, { anchors: [] }), 'KS-P101', /trusts no root/);
});

test('a signature counts for these very bytes under this very issuer alone', () => {
  const seen = new SeenCertificates();
  validate(seen);
  const changed = Uint8Array.from(leaf.der);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  refused(() => validate(seen, { chain: [changed, intermediate.der] }), 'KS-P105', /does not verify/);
  const [certificate, issuer, other] = [leaf, intermediate, root].map(({ der }) => seen.parse(der));
  assert.ok(certificate && issuer && other);
  assert.equal(seen.isSigned(certificate, issuer), true);
  assert.equal(seen.isSigned(certificate, other), false);
  assert.equal(seen.isSigned(parseCertificate(leaf.der), issuer), false);
});

test('it keeps copies, and no more than a limited number', () => {
  const seen = new SeenCertificates();
  const mine = Uint8Array.from(leaf.der);
  const first = seen.parse(mine);
  mine.fill(0);
  assert.equal(seen.parse(leaf.der), first);
  for (let i = 0; i < 64; i++) seen.parse(mintLeaf({ subject: 'server', issuer: intermediate }).der);
  assert.notEqual(seen.parse(leaf.der), first);
  assert.deepEqual(seen.parse(leaf.der), parseCertificate(leaf.der));
});

test('one that holds few makes room, and what it has forgotten is only parsed again', () => {
  const seen = new SeenCertificates(1);
  const first = seen.parse(leaf.der);
  assert.equal(seen.parse(leaf.der), first);
  seen.parse(intermediate.der);
  assert.notEqual(seen.parse(leaf.der), first);
  assert.ok(validate(seen).leaf);
});
