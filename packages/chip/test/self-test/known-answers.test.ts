import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstFailedTest, knownAnswers } from '../../src/self-test/known-answers.ts';

test('every known answer is given by the primitives that the part uses', () => {
  for (const { name, holds } of knownAnswers) assert.equal(holds(), true, name);
  assert.equal(firstFailedTest(knownAnswers), undefined);
});

test('the first that fails is named, also when its primitive is not there at all', () => {
  const absent = () => {
    throw new Error('no such cipher');
  };
  const [first, second] = knownAnswers;
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(firstFailedTest([first, { ...second, holds: () => false }]), second.name);
  assert.equal(firstFailedTest([first, { ...second, holds: absent }]), second.name);
});

test('there is one for each algorithm of sessions, statements and memory', () => {
  assert.deepEqual(
    knownAnswers.map(({ name }) => name),
    [
      'SHA-256',
      'SHA-384',
      'HMAC-SHA-256',
      'HMAC-SHA-384',
      'HKDF',
      'HMAC_DRBG',
      'AES-128-GCM',
      'AES-256-GCM',
      'AES-128-CCM',
      'X25519',
      'ECDH P-256',
      'ECDH P-384',
      'ECDSA P-256',
      'ECDSA P-384',
      'ML-KEM-768',
    ],
  );
});
