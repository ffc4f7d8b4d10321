import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import fc from 'fast-check';
import { parseCertificate, parseTrustAnchor, type RevocationRule, validateServerPath } from '../../src/path/index.ts';
import { parseRevocationList } from '../../src/path/revocation/certificate-revocation-list.ts';
import { parseOcspResponse } from '../../src/path/revocation/ocsp-response.ts';
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

interface Edit {
  readonly place: number;
  readonly bytes: Uint8Array;
  readonly removed: number;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  place: fc.double({ min: 0, max: 1, noNaN: true }),
  bytes: fc.uint8Array({ maxLength: 4 }),
  removed: fc.nat(6),
});

test('whatever bytes come, a parser reads them or refuses them with its code', () => {
  const parsers = [parseCertificate, parseRevocationList, parseOcspResponse];
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(sent)), fc.array(edit, { maxLength: 5 }), (original, edits) => {
      const bytes = edits.reduce<Uint8Array>((before, { place, bytes: added, removed }) => {
        const at = Math.floor(place * before.length);
        return concatBytes(before.subarray(0, at), added, before.subarray(at + removed));
      }, original);
      for (const parse of parsers) {
        try {
          parse(bytes);
        } catch (error) {
          assert.ok(error instanceof KeystileError && /^KS-P1(00|13|19)$/.test(error.code), String(error));
        }
      }
    }),
    { numRuns: process.env.KEYSTILE_TEST_FULL === '1' ? 100_000 : 1_500 },
  );
});
