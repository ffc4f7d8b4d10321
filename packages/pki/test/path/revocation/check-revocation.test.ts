import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tags } from '../../../src/path/der.ts';
import { element } from '../../../src/path/der-writer.ts';
import {
  parseTrustAnchor,
  type RevocationRequest,
  type RevocationRule,
  validateServerPath,
} from '../../../src/path/index.ts';
import {
  type CertificateFields,
  DAY_MS,
  extendedKeyUsage,
  extension,
  integer,
  keyUsage,
  mintCa,
  mintLeaf,
  NOW_MS,
  newKey,
  oids,
  type Party,
} from '../../support/mint.ts';
import {
  type AnswerFields,
  type ListFields,
  listEntry,
  mintAnswer,
  mintList,
  mintResponse,
  type ResponseFields,
  reasonCode,
  statuses,
} from '../../support/mint-revocation.ts';
import { refused } from '../../support/refusal.ts';

const root = mintCa({ subject: 'Root' });
const ca = mintCa({ subject: 'CA', issuer: root });
const leaf = mintLeaf({ subject: 'server', issuer: ca });
const ageMaxMs = 7 * DAY_MS;

function check(rule: RevocationRule, known: Partial<RevocationRequest> = {}, server: Party = leaf): void {
  validateServerPath({
    chain: [server.der, ca.der],
    anchors: [parseTrustAnchor(root.der)],
    atMs: NOW_MS,
    serverName: 'server.example',
    revocation: { policy: { rule, ageMaxMs }, timeIsFresh: true, ...known },
  });
}

const ofRoot = (fields: Partial<ListFields> = {}): Uint8Array => mintList({ issuer: root, ...fields });
const ofCa = (fields: Partial<ListFields> = {}): Uint8Array => mintList({ issuer: ca, ...fields });
const staple = (
  answer: Partial<AnswerFields> = {},
  response: Partial<ResponseFields> = {},
): { stapledOcsp: Uint8Array } => ({
  stapledOcsp: mintResponse({
    responder: ca,
    answers: [mintAnswer({ subject: leaf, issuer: ca, ...answer })],
    ...response,
  }),
});

test('without a rule, and with the rule "none", nothing is looked at', () => {
  check('none', {
    lists: [ofCa({ entries: [listEntry(leaf.serialNumber)] }), Uint8Array.of(1)],
    stapledOcsp: Uint8Array.of(2),
  });
});

test('"crl-if-present": no list is no refusal, a list counts, a list of a stranger does not', () => {
  check('crl-if-present');
  check('crl-if-present', { lists: [ofCa(), ofRoot({ entries: [listEntry(leaf.serialNumber)] })] });
  const stranger = mintCa({ subject: 'Stranger' });
  check('crl-if-present', { lists: [mintList({ issuer: stranger, entries: [listEntry(leaf.serialNumber)] })] });
  const lists = [ofRoot(), ofCa({ entries: [listEntry(leaf.serialNumber, reasonCode(1))] })];
  refused(() => check('crl-if-present', { lists }), 'KS-P115', /'CN=server' is revoked \(keyCompromise\)/);
});

test('an intermediate CA on the list of its root is refused, and so is a certificate on hold', () => {
  const lists = [ofRoot({ entries: [listEntry(ca.serialNumber, reasonCode(2))] })];
  refused(() => check('crl-if-present', { lists }), 'KS-P115', /'CN=CA' is revoked \(cACompromise\)/);
  const held = [ofCa({ entries: [listEntry(leaf.serialNumber, reasonCode(6))] })];
  refused(() => check('crl-if-present', { lists: held }), 'KS-P115', /certificateHold/);
});

test('"crl-required": every certificate below the anchor needs a list of its issuer', () => {
  check('crl-required', { lists: [ofRoot(), ofCa()] });
  refused(() => check('crl-required'), 'KS-P116', /no revocation list of 'CN=CA'/);
  refused(() => check('crl-required', { lists: [ofCa()] }), 'KS-P116', /no revocation list of 'CN=Root'/);
});

test('of several lists of an issuer the one with the highest number counts, wherever it stands', () => {
  const old = ofCa({ number: 1, entries: [listEntry(leaf.serialNumber, reasonCode(6))] });
  const recent = ofCa({ number: 2 });
  for (const lists of [
    [old, recent],
    [recent, old],
  ])
    check('crl-if-present', { lists });
  refused(() => check('crl-if-present', { lists: [ofCa({ number: 0 }), old] }), 'KS-P115', /certificateHold/);
});

test('a list by another key, by a CA without cRLSign, and under another algorithm than the policy’s is refused', () => {
  refused(
    () => check('crl-if-present', { lists: [ofCa({ key: newKey() })] }),
    'KS-P114',
    /signature .* does not verify/,
  );
  const signer = mintCa({ subject: 'CA', issuer: root, key: ca.key, extensions: { keyUsage: keyUsage(0x04) } });
  const request = {
    chain: [leaf.der, signer.der],
    anchors: [parseTrustAnchor(root.der)],
    atMs: NOW_MS,
    serverName: 'server.example',
  };
  const revocation = { policy: { rule: 'crl-if-present', ageMaxMs }, lists: [ofCa()], timeIsFresh: true } as const;
  refused(
    () => validateServerPath({ ...request, revocation }),
    'KS-P114',
    /does not allow it to sign revocation lists/,
  );
});

test('a list or an answer past its end, older than the policy allows or dated ahead is out of date', () => {
  const dates = [
    [{ thisUpdateMs: NOW_MS - 2 * DAY_MS, nextUpdateMs: NOW_MS - 1000 }, /was good until 2026-11-23T11:59:59/],
    [{ thisUpdateMs: NOW_MS - 8 * DAY_MS, nextUpdateMs: NOW_MS + DAY_MS }, /was good until 2026-11-22T12:00:00/],
    [{ thisUpdateMs: NOW_MS + 301_000, nextUpdateMs: NOW_MS + DAY_MS }, /is dated 2026-11-23T12:05:01/],
  ] as const;
  for (const [updates, sentence] of dates) {
    refused(() => check('crl-if-present', { lists: [ofCa(updates)] }), 'KS-P117', sentence);
    refused(() => check('ocsp-staple-if-present', staple(updates)), 'KS-P117', sentence);
  }
  const justNow = { thisUpdateMs: NOW_MS + 299_000, nextUpdateMs: NOW_MS + DAY_MS };
  check('crl-if-present', { lists: [ofCa(justNow)] });
  check('ocsp-staple-required', staple({ nextUpdateMs: undefined }));
});

test('without fresh time "revoked" still counts, and a rule that requires a fresh "good" refuses', () => {
  const timeIsFresh = false;
  check('crl-if-present', { lists: [ofCa()], timeIsFresh });
  check('ocsp-staple-if-present', { ...staple(), timeIsFresh });
  refused(() => check('crl-required', { lists: [ofRoot(), ofCa()], timeIsFresh }), 'KS-P118', /no fresh time token/);
  refused(() => check('ocsp-staple-required', { ...staple(), timeIsFresh }), 'KS-P118', /no fresh time token/);
  const revoked = { lists: [ofCa({ entries: [listEntry(leaf.serialNumber)] })], timeIsFresh };
  refused(() => check('crl-if-present', revoked), 'KS-P115', /is revoked/);
  const old = { thisUpdateMs: NOW_MS - 3 * DAY_MS, nextUpdateMs: NOW_MS - DAY_MS };
  refused(() => check('crl-if-present', { lists: [ofCa(old)], timeIsFresh }), 'KS-P117', /was good until/);
  const longAgo = { lists: [ofCa({ ...old, entries: [listEntry(leaf.serialNumber)] })], timeIsFresh };
  refused(() => check('crl-if-present', longAgo), 'KS-P115', /is revoked/);
});

test('more lists than the limit, and a malformed one among others, are refused', () => {
  refused(
    () => check('crl-if-present', { lists: Array.from({ length: 9 }, () => ofCa()) }),
    'KS-P111',
    /9 revocation lists/,
  );
  const large = [new Uint8Array(200_000), new Uint8Array(100_000)];
  refused(() => check('crl-if-present', { lists: large }), 'KS-P111', /300000 bytes of revocation lists/);
  refused(() => check('crl-if-present', { lists: [ofCa(), Uint8Array.of(0x30)] }), 'KS-P113', /length is missing/);
});

test('a stapled answer by the issuer is taken, by name or key, over SHA-256 or SHA-1 identifiers', () => {
  for (const hash of ['sha1', 'sha256'] as const) {
    for (const by of ['name', 'key'] as const) check('ocsp-staple-required', staple({ hash }, { by }));
  }
});

test('"ocsp-staple-required" refuses when nothing is stapled; "if-present" does not', () => {
  check('ocsp-staple-if-present');
  refused(() => check('ocsp-staple-required'), 'KS-P116', /stapled no OCSP answer, and the policy requires one/);
});

test('the answers revoked, unknown, and about another certificate are refused', () => {
  refused(() => check('ocsp-staple-if-present', staple({ status: statuses.revoked(4) })), 'KS-P115', /superseded/);
  refused(() => check('ocsp-staple-if-present', staple({ status: statuses.unknown })), 'KS-P121', /does not know/);
  const other = mintLeaf({ subject: 'other', issuer: ca });
  refused(() => check('ocsp-staple-if-present', staple({ subject: other })), 'KS-P119', /not about 'CN=server'/);
  refused(() => check('ocsp-staple-if-present', staple({ issuer: root })), 'KS-P119', /not about/);
});

function delegate(fields: Partial<CertificateFields> = {}): Party {
  const { extensions, ...others } = fields;
  return mintLeaf({
    subject: 'OCSP',
    issuer: ca,
    extensions: { extendedKeyUsage: extendedKeyUsage(oids.ocspSigning), ...extensions },
    ...others,
  });
}

function by(responder: Party, certificates: readonly Uint8Array[] = [responder.der]): { stapledOcsp: Uint8Array } {
  return staple({}, { responder, certificates });
}

test('a delegate with OCSPSigning, certified by the issuer’s own key, may answer', () => {
  check('ocsp-staple-required', by(delegate()));
});

test('no other responder may answer', () => {
  const stranger = mintCa({ subject: 'Stranger' });
  const forgedIssuer = { name: ca.name, key: stranger.key };
  const refusals: readonly (readonly [string, { stapledOcsp: Uint8Array }, RegExp])[] = [
    ['a CA of another tree', by(stranger), /was not certified by the issuer itself/],
    ['the root above the issuer', by(root), /was not certified by the issuer itself/],
    ['a delegate of the root', by(delegate({ issuer: root })), /was not certified by the issuer itself/],
    ['a delegate whose certificate is missing', by(delegate(), []), /neither the issuer nor in the list/],
    [
      'a delegate without the use',
      by(delegate({ extensions: { extendedKeyUsage: undefined } })),
      /lacks the use OCSPSigning/,
    ],
    ['a server’s certificate', by(leaf), /lacks the use OCSPSigning/],
    ['any use', by(delegate({ extensions: { extendedKeyUsage: extendedKeyUsage('2.5.29.37.0') } })), /lacks the use/],
    [
      'a key usage without signatures',
      by(delegate({ extensions: { keyUsage: keyUsage(0x08) } })),
      /does not allow signatures/,
    ],
    ['an expired delegate', by(delegate({ notAfterMs: NOW_MS - 1000 })), /is not valid at 2026-11-23T12/],
    ['a delegate of tomorrow', by(delegate({ notBeforeMs: NOW_MS + 1000 })), /is not valid at/],
    [
      'a delegate that the issuer did not sign',
      by(
        delegate({
          issuer: forgedIssuer,
          extensions: {
            authorityKeyIdentifier: undefined,
            x: extension(oids.authorityKeyIdentifier, element(tags.sequence, element(0x80, ca.key.identifier))),
          },
        }),
      ),
      /is not signed by the issuer/,
    ],
    ['a signature of another key', staple({}, { key: newKey() }), /its signature is not by 'CN=CA'/],
  ];
  for (const [what, known, sentence] of refusals) {
    assert.doesNotThrow(() => refused(() => check('ocsp-staple-if-present', known), 'KS-P120', sentence), what);
  }
});

test('a delegate on the issuer’s list is refused', () => {
  const responder = delegate();
  const lists = [ofCa({ entries: [listEntry(responder.serialNumber)] })];
  refused(() => check('ocsp-staple-required', { ...by(responder), lists }), 'KS-P115', /'CN=OCSP' is revoked/);
});

test('a certificate that promises a staple needs one under both OCSP rules, and under no other', () => {
  const promise = { x: extension(oids.tlsFeature, element(tags.sequence, integer(Uint8Array.of(5)))) };
  const server = mintLeaf({ subject: 'server', issuer: ca, extensions: promise });
  refused(() => check('ocsp-staple-if-present', {}, server), 'KS-P116', /its certificate promises one/);
  check('ocsp-staple-if-present', staple({ subject: server }), server);
  check('crl-if-present', {}, server);
  const other = { x: extension(oids.tlsFeature, element(tags.sequence, integer(Uint8Array.of(17)))) };
  check('ocsp-staple-if-present', {}, mintLeaf({ subject: 'server', issuer: ca, extensions: other }));
  const empty = { x: extension(oids.tlsFeature, element(tags.sequence)) };
  refused(
    () => check('none', {}, mintLeaf({ subject: 'server', issuer: ca, extensions: empty })),
    'KS-P100',
    /without features/,
  );
});

test('a promise above the leaf binds it too', () => {
  const promise = { x: extension(oids.tlsFeature, element(tags.sequence, integer(Uint8Array.of(5)))) };
  const promising = mintCa({ subject: 'CA', issuer: root, key: ca.key, extensions: promise });
  const request = {
    chain: [leaf.der, promising.der],
    anchors: [parseTrustAnchor(root.der)],
    atMs: NOW_MS,
    serverName: 'server.example',
    revocation: { policy: { rule: 'ocsp-staple-if-present', ageMaxMs }, timeIsFresh: true },
  } as const;
  refused(() => validateServerPath(request), 'KS-P116', /promises one/);
});

test('a path around a revoked cross-certificate is found', () => {
  const other = mintCa({ subject: 'Other root' });
  const crossed = mintCa({ subject: 'CA', issuer: other, key: ca.key });
  const lists = [mintList({ issuer: root, entries: [listEntry(ca.serialNumber)] })];
  const { anchor } = validateServerPath({
    chain: [leaf.der, ca.der, crossed.der],
    anchors: [root, other].map(({ der }) => parseTrustAnchor(der)),
    atMs: NOW_MS,
    serverName: 'server.example',
    revocation: { policy: { rule: 'crl-if-present', ageMaxMs }, lists, timeIsFresh: true },
  });
  assert.equal(anchor.certificate.subject.text, 'CN=Other root');
});
