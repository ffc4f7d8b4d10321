import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applySet } from '../src/set-command.ts';
import { parseSetPoint, type Settings } from '../src/settings.ts';
import { settingOf } from '../src/topics.ts';

const settings: Settings = { setPoint: parseSetPoint('24'), mode: 'cool', fan: 'auto', swing: 'off' };
const topic = 'ac/ac-1/set/set-point';

test('an accepted value gives new settings', () => {
  const outcome = applySet(settings, { topic, setting: 'set-point', payload: Buffer.from('21.5') });
  assert.deepEqual(outcome, { kind: 'accepted', settings: { ...settings, setPoint: 21.5 }, value: '21.5' });
});

test('a refused value gives the document for the refused topic: topic, value, code and sentence', () => {
  const outcome = applySet(settings, { topic, setting: 'set-point', payload: Buffer.from('35') });
  assert.deepEqual(outcome, {
    kind: 'refused',
    refusal: {
      topic,
      value: '35',
      code: 'KS-U202',
      detail: 'the set point goes from 16 to 30 °C in steps of 0.5; "35" is not one',
    },
  });
});

test('bytes that are no UTF-8 and payloads of a megabyte are refused with a short answer', () => {
  for (const payload of [new Uint8Array([0xff, 0xfe]), Buffer.alloc(1 << 20, '2'), Buffer.alloc(0)]) {
    const outcome = applySet(settings, { topic, setting: 'set-point', payload });
    assert.equal(outcome.kind, 'refused');
    assert.ok(JSON.stringify(outcome).length < 400);
  }
});

test('only the own set topics name a setting', () => {
  assert.equal(settingOf('ac-1', 'ac/ac-1/set/mode'), 'mode');
  assert.equal(settingOf('ac-1', 'ac/ac-2/set/mode'), undefined);
  assert.equal(settingOf('ac-1', 'ac/ac-1/state'), undefined);
});
