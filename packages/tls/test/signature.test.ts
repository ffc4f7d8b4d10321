import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import { certificateVerifyContent, parseVerifyingKey } from '../src/signature.ts';

const content = certificateVerifyContent('server', new Uint8Array(32));

describe('verifying keys', () => {
  for (const [curve, scheme, hash] of [
    ['P-256', 'ecdsa_secp256r1_sha256', 'sha256'],
    ['P-384', 'ecdsa_secp384r1_sha384', 'sha384'],
  ] as const) {
    it(`${curve} belongs to ${scheme} alone`, () => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: curve });
      const key = parseVerifyingKey(publicKey.export({ type: 'spki', format: 'der' }));
      assert.equal(key?.scheme, scheme);
      const signature = sign(hash, content, { key: privateKey, dsaEncoding: 'der' });
      assert.equal(key?.verify(content, signature), true);
      assert.equal(key?.verify(content.subarray(1), signature), false);
      assert.equal(key?.verify(content, signature.subarray(1)), false);
      assert.equal(key?.verify(content, sign(hash, content, { key: privateKey, dsaEncoding: 'ieee-p1363' })), false);
    });
  }

  it('of other kinds are not read', () => {
    const others = [
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('ec', { namedCurve: 'P-521' }),
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
    ];
    for (const { publicKey } of others) {
      assert.equal(parseVerifyingKey(publicKey.export({ type: 'spki', format: 'der' })), undefined);
    }
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    assert.equal(parseVerifyingKey(Buffer.concat([spki, Buffer.of(0)])), undefined);
    // Not a point of the curve, and one in hybrid form.
    assert.equal(parseVerifyingKey(Buffer.from(spki).fill(1, 30)), undefined);
    assert.equal(parseVerifyingKey(Buffer.from(spki).fill(6, 26, 27)), undefined);
  });
});

describe('the content of CertificateVerify', () => {
  it('is 64 spaces, who signs, a zero byte and the transcript hash', () => {
    const text = Buffer.from(certificateVerifyContent('client', Uint8Array.of(0xab))).toString('latin1');
    assert.equal(text, `${' '.repeat(64)}TLS 1.3, client CertificateVerify\0\xab`);
  });
});
