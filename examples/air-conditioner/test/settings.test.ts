import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeystileError } from '@keystile/errors';
import fc from 'fast-check';
import { changeSetting, parseSetPoint, type Settings, shorten } from '../src/settings.ts';

const settings: Settings = { setPoint: parseSetPoint('24'), mode: 'cool', fan: 'auto', swing: 'off' };

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof KeystileError);
    return error.code;
  }
  return 'accepted';
}

test('every half degree from 16 to 30 is a set point, in the shortest and in the decimal form', () => {
  for (let half = 32; half <= 60; half++) {
    assert.equal(parseSetPoint((half / 2).toFixed(1)), half / 2);
    assert.equal(parseSetPoint(String(half / 2)), half / 2);
  }
});

test('a set point outside the range, between the steps or in another notation is refused', () => {
  const bad = [
    '15.5',
    '30.5',
    '21.3',
    '',
    ' 21',
    '21 ',
    '+21',
    '-21',
    '2e1',
    '0x15',
    '21.',
    '.5',
    '21,5',
    '21.50',
    '٢١',
    'NaN',
  ];
  for (const text of bad)
    assert.equal(
      codeOf(() => parseSetPoint(text)),
      'KS-U202',
      JSON.stringify(text),
    );
});

test('no text at all makes a set point outside 16 to 30', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.double().map(String), fc.integer({ min: -99, max: 99 }).map(String)),
      (text) => {
        if (codeOf(() => parseSetPoint(text)) === 'KS-U202') return;
        const value = parseSetPoint(text);
        assert.ok(value >= 16 && value <= 30 && Number.isInteger(value * 2));
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

test('one setting changes and the others stay', () => {
  assert.deepEqual(changeSetting(settings, 'set-point', '21.5'), { ...settings, setPoint: 21.5 });
  assert.deepEqual(changeSetting(settings, 'mode', 'fan_only'), { ...settings, mode: 'fan_only' });
  assert.deepEqual(changeSetting(settings, 'fan', 'high'), { ...settings, fan: 'high' });
  assert.deepEqual(changeSetting(settings, 'swing', 'vertical'), { ...settings, swing: 'vertical' });
});

test('unknown settings and unknown words are refused with their own codes', () => {
  assert.equal(
    codeOf(() => changeSetting(settings, 'turbo', 'on')),
    'KS-U201',
  );
  assert.equal(
    codeOf(() => changeSetting(settings, 'mode', 'COOL')),
    'KS-U203',
  );
  assert.equal(
    codeOf(() => changeSetting(settings, 'fan', 'constructor')),
    'KS-U203',
  );
  assert.equal(
    codeOf(() => changeSetting(settings, 'swing', '')),
    'KS-U203',
  );
});

test('what a refusal repeats is short and has no control characters', () => {
  assert.equal(shorten('a\u0007b\nc'), 'a�b�c');
  assert.equal(shorten('x'.repeat(1000)).length, 41);
});
