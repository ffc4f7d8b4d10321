import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeystileError } from '@keystile/errors';
import { parseTrustAnchor, type RevocationRule, validateServerPath } from '../../src/path/index.ts';
import { DAY_MS, extendedKeyUsage, mintCa, mintLeaf, NOW_MS, oids } from '../support/mint.ts';
import { listEntry, mintAnswer, mintList, mintResponse, reasonCode } from '../support/mint-revocation.ts';

/** One bit of what a peer sends is changed, at every byte in turn: nothing altered is ever accepted, and nothing breaks. */
const root = mintCa({ subject: 'Root' });
const ca = mintCa({ subject: 'CA', issuer: root });
const leaf = mintLeaf({ subject: 'server', issuer: ca });
const responder = mintLeaf({
  subject: 'responder',
  issuer: ca,
  extensions: { extendedKeyUsage: extendedKeyUsage(oids.ocspSigning) },
});
const anchors = [parseTrustAnchor(root.der)];

const sent = {
  leaf: leaf.der,
  'intermediate CA': ca.der,
  'list of the root': mintList({ issuer: root }),
  'list of the CA': mintList({ issuer: ca, entries: [listEntry(Uint8Array.of(0x7f, 0x01), reasonCode(1))] }),
  'stapled answer': mintResponse({
    responder,
    answers: [mintAnswer({ subject: leaf, issuer: ca })],
    certificates: [responder.der],
  }),
};

function validate(pieces: typeof sent, rule: RevocationRule): void {
  validateServerPath({
    chain: [pieces.leaf, pieces['intermediate CA']],
    anchors,
    atMs: NOW_MS,
    serverName: 'server.example',
    revocation: {
      policy: { rule, ageMaxMs: 7 * DAY_MS },
      lists: [pieces['list of the root'], pieces['list of the CA']],
      stapledOcsp: pieces['stapled answer'],
      timeIsFresh: true,
    },
  });
}

for (const piece of Object.keys(sent) as (keyof typeof sent)[]) {
  test(`${piece}: no altered byte is accepted`, () => {
    const rule = piece === 'stapled answer' ? 'ocsp-staple-required' : 'crl-required';
    validate(sent, rule);
    for (let at = 0; at < sent[piece].length; at++) {
      const altered = sent[piece].slice();
      altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
      assert.throws(
        () => validate({ ...sent, [piece]: altered }, rule),
        (error) => error instanceof KeystileError && error.code.startsWith('KS-P1'),
        `byte ${at}`,
      );
    }
  });
}
