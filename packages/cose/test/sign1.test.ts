import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { test } from 'node:test';
import { Sign1 } from '@auth0/cose';
import { encodeUtf8, fromHex } from '@keystile/bytes';
import { KeystileError } from '@keystile/errors';
import { type Es256Signer, peekStatement, signStatement, sigStructure, verifyStatement } from '../src/index.ts';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const contentType = 'application/keystile-test+cbor';
const payload = encodeUtf8('payload');

function signer(key: KeyObject): Es256Signer {
  return (toBeSigned) => sign('sha256', toBeSigned, { key, dsaEncoding: 'ieee-p1363' });
}

function refused(code: string): (error: unknown) => boolean {
  return (error) => error instanceof KeystileError && error.code === code;
}

const statement = await signStatement({ contentType, payload, sign: signer(pair.privateKey) });

test('what is signed verifies and gives its payload back', () => {
  assert.deepEqual(new Uint8Array(verifyStatement(statement, { contentType, publicKey: pair.publicKey })), payload);
});

test('an independent COSE implementation verifies our statements', async () => {
  const decoded = Sign1.decode(statement);
  await decoded.verify(pair.publicKey);
  assert.deepEqual(new Uint8Array(decoded.payload), payload);
});

test('we verify what an independent COSE implementation signs', async () => {
  const { Headers, Algorithms, ProtectedHeaders } = await import('@auth0/cose');
  const theirs = await Sign1.sign(
    new ProtectedHeaders([
      [Headers.Algorithm, Algorithms.ES256],
      // The library's types know only the numeric form of RFC 9052 §3.1; text is as good.
      [Headers.ContentType, contentType as unknown as number],
    ]),
    new (await import('@auth0/cose')).UnprotectedHeaders([]),
    payload,
    pair.privateKey,
  );
  const untagged = theirs.encode()[0] === 0xd2 ? theirs.encode().subarray(1) : theirs.encode();
  assert.deepEqual(new Uint8Array(verifyStatement(untagged, { contentType, publicKey: pair.publicKey })), payload);
});

test('another content type, another key and another payload are three different refusals', () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  assert.throws(
    () => verifyStatement(statement, { contentType: 'application/keystile-other+cbor', publicKey: pair.publicKey }),
    refused('KS-S101'),
  );
  assert.throws(() => verifyStatement(statement, { contentType, publicKey: other.publicKey }), refused('KS-S102'));
  const altered = statement.slice();
  const at = Buffer.from(statement).indexOf('payload');
  altered[at] = 0x50;
  assert.throws(() => verifyStatement(altered, { contentType, publicKey: pair.publicKey }), refused('KS-S102'));
});

test('every single flipped bit of a statement is refused', () => {
  for (let bit = 0; bit < statement.length * 8; bit++) {
    const altered = statement.slice();
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.throws(
      () => verifyStatement(altered, { contentType, publicKey: pair.publicKey }),
      KeystileError,
      `bit ${bit}`,
    );
  }
});

test('every truncation of a statement is refused', () => {
  for (let length = 0; length < statement.length; length++) {
    assert.throws(() => peekStatement(statement.subarray(0, length)), refused('KS-S100'));
  }
});

test('the key is given as DER or as a key object', () => {
  const spki = createPublicKey(pair.privateKey).export({ format: 'der', type: 'spki' });
  verifyStatement(statement, { contentType, publicKey: new Uint8Array(spki) });
});

test('a signer that gives DER instead of r ‖ s is caught before the statement leaves', async () => {
  const der: Es256Signer = (toBeSigned) => sign('sha256', toBeSigned, pair.privateKey);
  await assert.rejects(signStatement({ contentType, payload, sign: der }), refused('KS-S100'));
});

test('the signed bytes are the Sig_structure of RFC 9052 §4.4', () => {
  assert.deepEqual(
    Buffer.from(sigStructure(fromHex('a10126'), fromHex('0102'))),
    Buffer.from(
      fromHex(
        '84' + // array of four
          '6a5369676e617475726531' + // "Signature1"
          '43a10126' + // the protected header
          '40' + // no external data
          '420102', // the payload
      ),
    ),
  );
});

const p = 'a2012603782a'; // the start of a header of ours; the cases below only need to be CBOR
const malformed: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['a tagged COSE_Sign1', 'd28440a0405840'],
  ['an array of three', '8340a040'],
  ['an indefinite-length array', '9f40a04040ff'],
  ['an indefinite-length byte string', '845f4140ffa04040'],
  ['a non-minimal integer', '8443a10138'],
  ['duplicate keys in the unprotected header', '8440a20101010240'],
  ['a deep nest', '81'.repeat(10_000)],
  ['nested tags', 'c1'.repeat(10_000)],
  ['a map that says it has 2^53 entries', 'bb0020000000000000'],
  ['bytes left over', '8440a040404000'],
  ['a header cut short', p],
];

for (const [name, hex] of malformed) {
  test(`${name} is refused as malformed`, () => {
    assert.throws(() => peekStatement(fromHex(hex)), refused('KS-S100'));
  });
}
