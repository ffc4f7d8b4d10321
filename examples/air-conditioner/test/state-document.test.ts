import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Snapshot } from '../src/air-conditioner.ts';
import { parseSetPoint } from '../src/settings.ts';
import { sameReading, stateDocument } from '../src/state-document.ts';

const snapshot: Snapshot = {
  settings: { setPoint: parseSetPoint('21.5'), mode: 'cool', fan: 'low', swing: 'vertical' },
  temperature: 23.4567,
  outdoor: 30.04,
  powerW: 812.6,
  action: 'cooling',
  roomTimeMs: 1000.4,
};

test('the document rounds what a sensor would round', () => {
  assert.deepEqual(stateDocument(snapshot, { nowMs: 5, timeScale: 30 }), {
    temperature: 23.5,
    setPoint: 21.5,
    mode: 'cool',
    fan: 'low',
    swing: 'vertical',
    action: 'cooling',
    powerW: 813,
    outdoor: 30,
    at: 5,
    roomTime: 1000,
    timeScale: 30,
  });
});

test('clocks alone make no new reading; a tenth of a degree does', () => {
  const one = stateDocument(snapshot, { nowMs: 5, timeScale: 30 });
  assert.ok(sameReading(one, stateDocument({ ...snapshot, roomTimeMs: 9 }, { nowMs: 6, timeScale: 30 })));
  assert.ok(!sameReading(one, stateDocument({ ...snapshot, temperature: 23.36 }, { nowMs: 5, timeScale: 30 })));
});
