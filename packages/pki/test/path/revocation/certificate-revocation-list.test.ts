import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tags } from '../../../src/path/der.ts';
import { element } from '../../../src/path/der-writer.ts';
import { parseRevocationList } from '../../../src/path/revocation/certificate-revocation-list.ts';
import { algorithmOf, DAY_MS, extension, integer, mintCa, NOW_MS, oids, signed, time } from '../../support/mint.ts';
import { type ListFields, listEntry, mintList, reasonCode } from '../../support/mint-revocation.ts';
import { refused } from '../../support/refusal.ts';

const issuer = mintCa({ subject: 'CA' });
const serial = Uint8Array.of(0x12, 0x34);

test('a list tells its issuer, its number, its time and the reason of every entry', () => {
  const entries = [
    listEntry(serial, reasonCode(1)),
    listEntry(Uint8Array.of(0xff)),
    listEntry(Uint8Array.of(7), reasonCode(6)),
  ];
  const list = parseRevocationList(mintList({ issuer, number: 200, entries }));
  assert.equal(list.issuer.text, 'CN=CA');
  assert.equal(list.number, 200n);
  assert.equal(list.thisUpdateMs, NOW_MS - DAY_MS);
  assert.equal(list.nextUpdateMs, NOW_MS + DAY_MS);
  assert.deepEqual(
    [...list.revoked],
    [
      ['1234', 'keyCompromise'],
      ['ff', 'unspecified'],
      ['07', 'certificateHold'],
    ],
  );
});

test('a list without entries revokes nothing; one that ends after 2049 is read as well', () => {
  const list = parseRevocationList(mintList({ issuer, nextUpdateMs: Date.UTC(2969, 4, 3) }));
  assert.equal(list.revoked.size, 0);
  assert.equal(list.nextUpdateMs, Date.UTC(2969, 4, 3));
});

const broken: readonly (readonly [what: string, fields: Omit<ListFields, 'issuer'>, sentence: RegExp])[] = [
  ['version 1', { version: 0 }, /not version 2/],
  ['no next update', { nextUpdateMs: undefined }, /a time of another type/],
  ['a next update before this one', { nextUpdateMs: NOW_MS - 2 * DAY_MS }, /comes before/],
  ['an empty list of entries', { entries: [] }, /an empty list/],
  ['no number', { extensions: { cRLNumber: undefined } }, /no CRL number/],
  [
    'a critical number',
    { extensions: { cRLNumber: extension(oids.cRLNumber, integer(serial), true) } },
    /critical extension 2\.5\.29\.20/,
  ],
  [
    'a negative number',
    { extensions: { cRLNumber: extension(oids.cRLNumber, element(tags.integer, Uint8Array.of(0x80))) } },
    /negative/,
  ],
  [
    'a number of 21 bytes',
    { extensions: { cRLNumber: extension(oids.cRLNumber, integer(new Uint8Array(21).fill(1))) } },
    /too long/,
  ],
  ['no authority key identifier', { extensions: { authorityKeyIdentifier: undefined } }, /no authority key identifier/],
  [
    'an unknown critical extension',
    { extensions: { x: extension('1.2.3.4', new Uint8Array(), true) } },
    /critical extension 1\.2\.3\.4/,
  ],
  ...([oids.issuingDistributionPoint, oids.deltaCRLIndicator] as const).flatMap((scope) =>
    [true, false].map(
      (critical) =>
        [
          `a scope ${scope}, ${critical ? '' : 'not '}critical`,
          { extensions: { scope: extension(scope, element(tags.sequence), critical) } },
          /partial, indirect and delta/,
        ] as const,
    ),
  ),
  [
    'an entry with an unknown critical extension',
    { entries: [listEntry(serial, extension('1.2.3.4', new Uint8Array(), true))] },
    /critical entry extension/,
  ],
  [
    'an entry of another issuer',
    { entries: [listEntry(serial, extension(oids.certificateIssuer, element(tags.sequence), true))] },
    /another issuer/,
  ],
  ['the reason removeFromCRL', { entries: [listEntry(serial, reasonCode(8))] }, /reason code/],
  ['the reason 7', { entries: [listEntry(serial, reasonCode(7))] }, /reason code/],
  ['an entry with the serial number zero', { entries: [listEntry(Uint8Array.of(0))] }, /serial number/],
];

for (const [what, fields, sentence] of broken) {
  test(`a list is refused: ${what}`, () => {
    refused(() => parseRevocationList(mintList({ issuer, ...fields })), 'KS-P113', sentence);
  });
}

test('a list whose two algorithms differ, and one beyond the size limit, are refused', () => {
  const inner = algorithmOf({ ...issuer.key, algorithm: 'P384' });
  const tbs = element(tags.sequence, integer(Uint8Array.of(1)), inner, issuer.name, time(NOW_MS), time(NOW_MS + 1000));
  refused(() => parseRevocationList(signed(tbs, issuer.key)), 'KS-P113', /two different/);
  refused(() => parseRevocationList(new Uint8Array(262_145)), 'KS-P113', /262145 bytes, the limit/);
});

test('no list that is cut short or has a byte more is read', () => {
  const der = mintList({ issuer, entries: [listEntry(serial, reasonCode(1))] });
  for (let length = 0; length < der.length; length++) {
    refused(() => parseRevocationList(der.subarray(0, length)), 'KS-P113', /./);
  }
  refused(() => parseRevocationList(Uint8Array.of(...der, 0)), 'KS-P113', /left over/);
});
