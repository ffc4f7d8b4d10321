import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { test } from 'node:test';
import { fromHex, toHex } from '@keystile/bytes';
import { derOfSignature } from '../../src/signing/ecdsa-signature.ts';

const zeros = '00'.repeat(30);

test('INTEGERs are as short as they can be and positive', () => {
  const cases: readonly [string, string][] = [
    // r has its first bit set and gets a zero before it; s = 1.
    [`80${'00'.repeat(31)}${'00'.repeat(31)}01`, `30260221 0080${'00'.repeat(31)} 020101`],
    // r = 0x0080, s = 0x7f.
    [`${zeros}0080${zeros}007f`, '3007 02020080 02017f'],
    // Zero itself, which no signature holds, is still one byte.
    ['00'.repeat(64), '3006 020100 020100'],
  ];
  for (const [raw, der] of cases) assert.equal(toHex(derOfSignature(fromHex(raw))), der.replaceAll(' ', ''));
});

test('OpenSSL verifies what it signed in the other form', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  for (let each = 0; each < 64; each++) {
    const message = Buffer.from(`message ${each}`);
    const raw = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    assert.equal(verify('sha256', message, publicKey, derOfSignature(raw)), true);
  }
});
