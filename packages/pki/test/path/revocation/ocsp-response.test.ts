import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tags } from '../../../src/path/der.ts';
import { element, objectIdentifier } from '../../../src/path/der-writer.ts';
import { parseOcspResponse } from '../../../src/path/revocation/ocsp-response.ts';
import { DAY_MS, extension, integer, mintCa, mintLeaf, NOW_MS, signed, time } from '../../support/mint.ts';
import { mintAnswer, mintResponse, statuses, wrapBasic } from '../../support/mint-revocation.ts';
import { refused } from '../../support/refusal.ts';

const issuer = mintCa({ subject: 'CA' });
const subject = mintLeaf({ subject: 'server', issuer });
const unknownExtension = (critical: boolean): Uint8Array => extension('1.2.3.4', Uint8Array.of(5, 0), critical);

test('an answer tells the certificate, its status and until when that is good', () => {
  const answers = [
    mintAnswer({ subject, issuer }),
    mintAnswer({ subject, issuer, hash: 'sha1', status: statuses.revoked(1), nextUpdateMs: undefined }),
    mintAnswer({ subject, issuer, status: statuses.revoked() }),
    mintAnswer({ subject, issuer, status: statuses.unknown, extensions: [unknownExtension(false)] }),
  ];
  const response = parseOcspResponse(
    mintResponse({ responder: issuer, answers, extensions: [unknownExtension(false)] }),
  );
  assert.equal(response.responder.kind, 'key');
  assert.deepEqual(
    response.answers.map(({ hashAlgorithm, status, nextUpdateMs }) => [hashAlgorithm, status, nextUpdateMs]),
    [
      ['sha256', { kind: 'good' }, NOW_MS + DAY_MS],
      ['sha1', { kind: 'revoked', reason: 'keyCompromise' }, undefined],
      ['sha256', { kind: 'revoked', reason: 'unspecified' }, NOW_MS + DAY_MS],
      ['sha256', { kind: 'unknown' }, NOW_MS + DAY_MS],
    ],
  );
});

const answer = mintAnswer({ subject, issuer });
const manyAnswers = Array.from({ length: 17 }, () => answer);

const broken: readonly (readonly [what: string, der: Uint8Array, sentence: RegExp])[] = [
  ['an error of the responder', element(tags.sequence, element(tags.enumerated, Uint8Array.of(3))), /says tryLater/],
  ['an unknown status', element(tags.sequence, element(tags.enumerated, Uint8Array.of(9))), /nothing known/],
  ['success without an answer', element(tags.sequence, element(tags.enumerated, Uint8Array.of(0))), /missing/],
  [
    'another type of response',
    element(
      tags.sequence,
      element(tags.enumerated, Uint8Array.of(0)),
      element(0xa0, element(tags.sequence, objectIdentifier('1.2.3'), element(tags.octetString))),
    ),
    /of type 1\.2\.3/,
  ],
  [
    'a written-out default version',
    wrapBasic(signed(element(tags.sequence, element(0xa0, integer(Uint8Array.of(0)))), issuer.key)),
    /neither name nor key/,
  ],
  ['no single answer', mintResponse({ responder: issuer, answers: [] }), /no answer/],
  ['too many answers', mintResponse({ responder: issuer, answers: manyAnswers }), /more than 16/],
  [
    'too many certificates',
    mintResponse({ responder: issuer, answers: [answer], certificates: manyCertificates() }),
    /more than 4/,
  ],
  [
    'a critical extension of the response',
    mintResponse({ responder: issuer, answers: [answer], extensions: [unknownExtension(true)] }),
    /critical extension/,
  ],
  [
    'a critical extension of the answer',
    responseOf(mintAnswer({ subject, issuer, extensions: [unknownExtension(true)] })),
    /critical extension/,
  ],
  ['an MD5 identifier', responseOf(mintAnswer({ subject, issuer, hash: 'md5' })), /the hash 1\.2\.840\.113549\.2\.5/],
  ['a status of another form', responseOf(mintAnswer({ subject, issuer, status: element(0x83) })), /malformed status/],
  [
    'a good status with content',
    responseOf(mintAnswer({ subject, issuer, status: element(0x80, Uint8Array.of(1)) })),
    /malformed status/,
  ],
  [
    'a next update before this one',
    responseOf(mintAnswer({ subject, issuer, nextUpdateMs: NOW_MS - 2 * DAY_MS })),
    /comes before/,
  ],
  [
    'a UTCTime',
    wrapBasic(signed(element(tags.sequence, element(0xa1, issuer.name), time(NOW_MS)), issuer.key)),
    /time of another type/,
  ],
  [
    'a year before 100',
    wrapBasic(
      signed(
        element(
          tags.sequence,
          element(0xa1, issuer.name),
          element(tags.generalizedTime, Buffer.from('00500101000000Z')),
        ),
        issuer.key,
      ),
    ),
    /year before 100/,
  ],
  ['17 kilobytes', new Uint8Array(16_385), /the limit is 16384/],
];

function responseOf(single: Uint8Array): Uint8Array {
  return mintResponse({ responder: issuer, answers: [single] });
}

function manyCertificates(): readonly Uint8Array[] {
  return Array.from({ length: 5 }, () => issuer.der);
}

for (const [what, der, sentence] of broken) {
  test(`an answer is refused: ${what}`, () => refused(() => parseOcspResponse(der), 'KS-P119', sentence));
}

test('no answer that is cut short or has a byte more is read', () => {
  const der = mintResponse({ responder: issuer, answers: [answer], by: 'name', certificates: [issuer.der] });
  for (let length = 0; length < der.length; length++) {
    refused(() => parseOcspResponse(der.subarray(0, length)), 'KS-P119', /./);
  }
  refused(() => parseOcspResponse(Uint8Array.of(...der, 0)), 'KS-P119', /left over/);
  assert.equal(parseOcspResponse(der).answers.length, 1);
});
