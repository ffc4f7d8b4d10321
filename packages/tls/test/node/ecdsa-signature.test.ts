import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, it } from 'node:test';
import { fromHex, toHex } from '@keystile/bytes';
import { ecdsaSignatureOf } from '../../src/node/index.ts';

describe('r ‖ s as DER', () => {
  const vectors: readonly (readonly [string, string, string, string])[] = [
    ['of full length', '11'.repeat(32), '22'.repeat(32), `3044 0220 ${'11'.repeat(32)} 0220 ${'22'.repeat(32)}`],
    [
      'with first bits set',
      'ff'.repeat(32),
      '80'.repeat(32),
      `3046 0221 00${'ff'.repeat(32)} 0221 00${'80'.repeat(32)}`,
    ],
    ['that are small', `${'00'.repeat(31)}01`, `${'00'.repeat(30)}0080`, '3007 020101 02020080'],
    ['that are zero', '00'.repeat(32), '00'.repeat(32), '3006 020100 020100'],
  ];
  for (const [name, r, s, der] of vectors) {
    it(`writes numbers ${name} in the fewest bytes`, () => {
      assert.equal(toHex(ecdsaSignatureOf(fromHex(r + s))), der.replaceAll(' ', ''));
    });
  }

  for (const [namedCurve, hash] of [
    ['P-256', 'sha256'],
    ['P-384', 'sha384'],
  ] as const) {
    it(`is what OpenSSL verifies (${namedCurve})`, () => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
      for (let i = 0; i < 20; i++) {
        const content = Buffer.from(`content ${i}`);
        const raw = sign(hash, content, { key: privateKey, dsaEncoding: 'ieee-p1363' });
        assert.ok(verify(hash, content, { key: publicKey, dsaEncoding: 'der' }, ecdsaSignatureOf(raw)));
      }
    });
  }

  it('refuses what is no signature of these curves', () => {
    for (const length of [0, 63, 65, 70, 97, 132]) {
      assert.throws(() => ecdsaSignatureOf(new Uint8Array(length)), { code: 'KS-T134' });
    }
  });
});
