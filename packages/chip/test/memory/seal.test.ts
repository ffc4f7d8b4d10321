import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8 } from '@keystile/bytes';
import { SEAL_OVERHEAD, seal, unseal } from '../../src/memory/seal.ts';

const key = new Uint8Array(32).fill(1);
const context = encodeUtf8('snapshot');
const text = encodeUtf8('what rests');

test('what was sealed opens with the same key and context, whatever its length', () => {
  for (const length of [0, 1, 15, 16, 17, 5000]) {
    const plaintext = new Uint8Array(length).fill(7);
    const sealed = seal(key, context, plaintext);
    assert.equal(sealed.length, length + SEAL_OVERHEAD);
    assert.deepEqual(unseal(key, context, sealed), plaintext);
  }
});

test('one flipped bit anywhere, a missing or an added byte, and it does not open', () => {
  const sealed = seal(key, context, text);
  for (let at = 0; at < sealed.length; at++) {
    const damaged = sealed.slice();
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    assert.equal(unseal(key, context, damaged), undefined, `byte ${at}`);
  }
  for (let length = 0; length < sealed.length; length++) {
    assert.equal(unseal(key, context, sealed.subarray(0, length)), undefined, `${length} bytes`);
  }
  assert.equal(unseal(key, context, Uint8Array.from([...sealed, 0])), undefined);
});

test('another key or another context does not open it', () => {
  const sealed = seal(key, context, text);
  assert.equal(unseal(new Uint8Array(32).fill(2), context, sealed), undefined);
  assert.equal(unseal(key, encodeUtf8('snapshoT'), sealed), undefined);
  assert.equal(unseal(key, new Uint8Array(0), sealed), undefined);
});

test('no two texts or contexts share salt and with it key and nonce, also where they could be joined alike', () => {
  const salts = [
    [context, text],
    [context, encodeUtf8('what restS')],
    [encodeUtf8('snapsho'), encodeUtf8('twhat rests')],
    [encodeUtf8('snapshotw'), encodeUtf8('hat rests')],
  ].map(([c, t]) => Buffer.from(seal(key, c ?? text, t ?? text).subarray(0, 32)).toString('hex'));
  assert.equal(new Set(salts).size, salts.length);
});

test('neither text nor key shows in what is sealed, and the text that was given is left alone', () => {
  const secret = new Uint8Array(48).map((_, i) => i * 5 + 3);
  const before = secret.slice();
  const sealed = Buffer.from(seal(key, context, secret));
  assert.equal(sealed.includes(Buffer.from(secret.subarray(0, 8))), false);
  assert.equal(sealed.includes(Buffer.from(key.subarray(0, 8))), false);
  assert.deepEqual(secret, before);
});
