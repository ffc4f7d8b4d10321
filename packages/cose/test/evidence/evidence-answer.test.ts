import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from 'cborg';
import { decodeEvidenceAnswer, encodeEvidenceAnswer } from '../../src/index.ts';

const statement = Uint8Array.of(1, 2);
const certificate = Uint8Array.of(3);

test('an answer gives back the statement and its chain', () => {
  const answer = { statement, chain: [certificate, certificate] };
  assert.deepEqual(decodeEvidenceAnswer(encodeEvidenceAnswer(answer)), answer);
});

test('anything else is no answer', () => {
  const wrong: readonly unknown[] = [
    [],
    7,
    new Map(),
    [statement],
    [statement, [certificate], 0],
    ['statement', [certificate]],
    [statement, certificate],
    [statement, []],
    [statement, ['certificate']],
    [statement, Array.from({ length: 7 }, () => certificate)],
    [statement, [new Uint8Array(4097)]],
  ];
  for (const value of wrong) {
    assert.throws(() => decodeEvidenceAnswer(encode(value)), { code: 'KS-S126' }, JSON.stringify(value));
  }
  const whole = encodeEvidenceAnswer({ statement, chain: [certificate] });
  assert.throws(() => decodeEvidenceAnswer(whole.subarray(0, -1)), { code: 'KS-S126' });
  assert.throws(() => decodeEvidenceAnswer(Buffer.concat([whole, Uint8Array.of(0)])), { code: 'KS-S126' });
  assert.throws(() => decodeEvidenceAnswer(new Uint8Array(0)), { code: 'KS-S126' });
});
