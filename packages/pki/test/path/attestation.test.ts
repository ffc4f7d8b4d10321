import { test } from 'node:test';
import { parseTrustAnchor, validateAttestationPath } from '../../src/path/index.ts';
import { DAY_MS, extendedKeyUsage, keyUsage, mintCa, mintLeaf, NOW_MS, oids, type Party } from '../support/mint.ts';
import { refused } from '../support/refusal.ts';

const maker = mintCa({ subject: 'Maker' });
const plain = { extendedKeyUsage: undefined, subjectAlternativeName: undefined };
const part = mintLeaf({ subject: 'KS-1', issuer: maker, extensions: plain });

function validate(leaf: Party, anchor: Party = maker, atMs: number = NOW_MS): void {
  validateAttestationPath({ chain: [leaf.der], anchors: [parseTrustAnchor(anchor.der)], atMs });
}

test('an attestation certificate is under its maker, signs, and is for nothing else', () => {
  validate(part);
});

test('another maker, another time and another purpose are refused', () => {
  refused(() => validate(part, mintCa({ subject: 'Maker' })), 'KS-P101', /ends at 'CN=Maker'/);
  refused(() => validate(part, maker, NOW_MS + 4000 * DAY_MS), 'KS-P102', /KS-1/);
  for (const purpose of [oids.clientAuth, oids.serverAuth]) {
    const leaf = mintLeaf({
      subject: 'device',
      issuer: maker,
      extensions: { ...plain, extendedKeyUsage: extendedKeyUsage(purpose) },
    });
    refused(() => validate(leaf), 'KS-P107', /another purpose than attestation|no extended key usage/);
  }
  const silent = mintLeaf({ subject: 'KS-1', issuer: maker, extensions: { ...plain, keyUsage: keyUsage(0x20) } });
  refused(() => validate(silent), 'KS-P107', /does not allow digital signatures/);
  refused(() => validate(mintCa({ subject: 'CA', issuer: maker })), 'KS-P107', /'CN=CA'/);
});
