import assert from 'node:assert/strict';
import { createPublicKey, encapsulate, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { concatBytes, fromHex } from '@keystile/bytes';
import type { Group } from '../../src/codepoints.ts';
import { type KeyExchange, startKeyExchange } from '../../src/groups/key-exchange.ts';

const start = (group: Group): KeyExchange => startKeyExchange(group, randomBytes);

describe('key exchange', () => {
  for (const group of ['X25519', 'P-256', 'P-384'] as const) {
    it(`two ends of ${group} agree, and fresh ones on something else`, () => {
      const [a, b, c] = [start(group), start(group), start(group)];
      assert.deepEqual(a.agree(b.share), b.agree(a.share));
      assert.notDeepEqual(a.agree(b.share), a.agree(c.share));
    });
  }

  it('without a source of bytes every group has a key of its own', () => {
    for (const group of ['X25519', 'P-256', 'P-384'] as const) {
      const [a, b] = [startKeyExchange(group, undefined), start(group)];
      assert.deepEqual(a.agree(b.share), b.agree(a.share));
      assert.notDeepEqual(a.share, startKeyExchange(group, undefined).share);
    }
  });

  it('X25519MLKEM768 puts ML-KEM first, in the share and in the secret', () => {
    const client = start('X25519MLKEM768');
    assert.equal(client.share.length, 1184 + 32);
    const kemKey = createPublicKey({
      key: Buffer.from(client.share.subarray(0, 1184)),
      format: 'raw-public',
      asymmetricKeyType: 'ml-kem-768',
    } as unknown as Parameters<typeof createPublicKey>[0]);
    const { sharedKey, ciphertext } = encapsulate(kemKey);
    const x25519 = start('X25519');
    const secret = client.agree(concatBytes(ciphertext, x25519.share));
    assert.deepEqual(Buffer.from(secret), Buffer.concat([sharedKey, x25519.agree(client.share.subarray(1184))]));
  });

  it('X25519 makes its private key of the bytes that it is given', () => {
    // RFC 7748 §6.1: Bob.
    const given = fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
    const { share } = startKeyExchange('X25519', (length) => given.slice(0, length));
    const expected = fromHex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
    assert.deepEqual(new Uint8Array(share), expected);
  });

  const badShares: readonly (readonly ['X25519' | 'P-256' | 'X25519MLKEM768', string, Uint8Array])[] = [
    ['X25519', 'of low order (zero)', new Uint8Array(32)],
    ['X25519', 'of low order (one)', fromHex(`01${'00'.repeat(31)}`)],
    ['X25519', 'that is too long', new Uint8Array(33).fill(9)],
    ['P-256', 'off the curve', concatBytes(Uint8Array.of(4), new Uint8Array(64).fill(1))],
    ['P-256', 'at infinity', Uint8Array.of(0)],
    ['P-256', 'that is compressed', concatBytes(Uint8Array.of(2), new Uint8Array(32).fill(1))],
    ['X25519MLKEM768', 'without its X25519 half', new Uint8Array(1088)],
    ['X25519MLKEM768', 'with an X25519 half of low order', new Uint8Array(1120)],
  ];
  for (const [group, name, share] of badShares) {
    it(`${group} refuses a share ${name}`, () => {
      assert.throws(() => start(group).agree(share), { code: 'KS-T112' });
    });
  }
});
