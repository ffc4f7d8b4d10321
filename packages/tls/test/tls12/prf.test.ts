import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { fromHex, toHex } from '@keystile/bytes';
import { prf } from '../../src/tls12/prf.ts';

/** Vectors that the TLS working group's list has had since 2009, one for each hash. */
const vectors = [
  {
    hash: 'sha256',
    secret: '9bbe436ba940f017b17652849a71db35',
    seed: 'a0ba9f936cda311827a6f796ffd5198c',
    output:
      'e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af' +
      '0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701' +
      '87347b66',
  },
  {
    hash: 'sha384',
    secret: 'b80b733d6ceefcdc71566ea48e5567df',
    seed: 'cd665cf6a8447dd6ff8b27555edb7465',
    output:
      '7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0' +
      'e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425' +
      '9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e099070' +
      '3d73e56f',
  },
] as const;

/** RFC 5246 §5 as it is written, without a thought to speed. */
function obviousPrf(hash: string, secret: Uint8Array, labelAndSeed: Uint8Array, length: number): string {
  const hmac = (...parts: Uint8Array[]): Buffer => {
    const running = createHmac(hash, secret);
    for (const part of parts) running.update(part);
    return running.digest();
  };
  let a = hmac(labelAndSeed);
  let output = '';
  while (output.length < 2 * length) {
    output += hmac(a, labelAndSeed).toString('hex');
    a = hmac(a);
  }
  return output.slice(0, 2 * length);
}

describe('the pseudorandom function of TLS 1.2', () => {
  for (const { hash, secret, seed, output } of vectors) {
    it(`gives the known output with ${hash}`, () => {
      const input = { label: 'test label', seed: fromHex(seed), length: output.length / 2 };
      assert.equal(toHex(prf(hash, fromHex(secret), input)), output);
    });
  }

  it('agrees with its obvious twin at every length around a block', () => {
    const secret = randomBytes(48);
    const seed = randomBytes(64);
    const labelAndSeed = Buffer.concat([Buffer.from('key expansion'), seed]);
    for (const hash of ['sha256', 'sha384'] as const) {
      for (let length = 1; length < 100; length++) {
        const ours = toHex(prf(hash, secret, { label: 'key expansion', seed, length }));
        assert.equal(ours, obviousPrf(hash, secret, labelAndSeed, length), `${hash}, ${length} bytes`);
      }
    }
  });
});
