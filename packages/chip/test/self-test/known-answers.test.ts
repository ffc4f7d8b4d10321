import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstFailedTest, knownAnswers } from '../../src/self-test/known-answers.ts';

test('every known answer is given by the primitives that the part uses', () => {
  for (const { name, holds } of knownAnswers) assert.equal(holds(), true, name);
  assert.equal(firstFailedTest(), undefined);
});

test('there is one for each algorithm of the sessions and statements', () => {
  const names = knownAnswers.map(({ name }) => name);
  for (const algorithm of [
    'SHA-256',
    'SHA-384',
    'HMAC',
    'AES-128-GCM',
    'AES-256-GCM',
    'X25519',
    'ECDH P-256',
    'ECDSA',
  ]) {
    assert.ok(
      names.some((name) => name.startsWith(algorithm)),
      algorithm,
    );
  }
});
