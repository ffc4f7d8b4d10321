import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { it } from 'node:test';
import { encodeUtf8, fromHex, toHex } from '@keystile/bytes';
import fc from 'fast-check';
import { hmac } from '../../src/schedule/hmac.ts';

it('gives the codes of RFC 4231 §4.2 and, with a key longer than a block, §4.7', () => {
  const hiThere = encodeUtf8('Hi There');
  assert.equal(
    toHex(hmac('sha256', new Uint8Array(20).fill(0x0b), hiThere)),
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  );
  const longKey = new Uint8Array(131).fill(0xaa);
  const message = encodeUtf8('Test Using Larger Than Block-Size Key - Hash Key First');
  assert.deepEqual(
    hmac('sha384', longKey, message),
    Buffer.from(
      fromHex('4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952'),
    ),
  );
});

it('is what OpenSSL says for keys and messages of any length, and leaves both as they were', () => {
  const bytes = fc.uint8Array({ maxLength: 700 });
  fc.assert(
    fc.property(fc.constantFrom('sha256' as const, 'sha384' as const), bytes, bytes, (hash, key, message) => {
      const given = [key.slice(), message.slice()];
      assert.deepEqual(hmac(hash, key, message), createHmac(hash, key).update(message).digest());
      assert.deepEqual([key, message], given);
    }),
    { seed: 20261124, numRuns: 300 },
  );
});
