import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  AUTO_BAND_K,
  type ControllerState,
  decide,
  LEAST_RESTING_MS,
  LEAST_RUNNING_MS,
  resting,
} from '../src/controller.ts';
import { fanSpeeds, modes, parseSetPoint, type Settings, swings } from '../src/settings.ts';

const cool: Settings = { setPoint: parseSetPoint('24'), mode: 'cool', fan: 'auto', swing: 'off' };
const rested = resting(-LEAST_RESTING_MS);

test('cooling starts above the set point and stops below it, with hysteresis in between', () => {
  const start = decide(rested, { settings: cool, room: 24.5, nowMs: 0 });
  assert.equal(start.state.compressor, 'cooling');
  assert.equal(decide(rested, { settings: cool, room: 24.3, nowMs: 0 }).state.compressor, 'idle');
  const later = LEAST_RUNNING_MS;
  assert.equal(decide(start.state, { settings: cool, room: 23.7, nowMs: later }).state.compressor, 'cooling');
  assert.equal(decide(start.state, { settings: cool, room: 23.5, nowMs: later }).state.compressor, 'idle');
});

test('the compressor runs its least time although the room is cold enough, and rests its least time although it is warm', () => {
  const running: ControllerState = { compressor: 'cooling', sinceMs: 0 };
  const cold = { settings: cool, room: 20 };
  assert.equal(decide(running, { ...cold, nowMs: LEAST_RUNNING_MS - 1 }).state.compressor, 'cooling');
  assert.equal(decide(running, { ...cold, nowMs: LEAST_RUNNING_MS }).state.compressor, 'idle');
  const warm = { settings: cool, room: 30 };
  assert.equal(decide(resting(0), { ...warm, nowMs: LEAST_RESTING_MS - 1 }).state.compressor, 'idle');
  assert.equal(decide(resting(0), { ...warm, nowMs: LEAST_RESTING_MS }).state.compressor, 'cooling');
});

test('off stops at once, whatever the least running time', () => {
  const running: ControllerState = { compressor: 'cooling', sinceMs: 0 };
  const { state, demand } = decide(running, { settings: { ...cool, mode: 'off' }, room: 30, nowMs: 1 });
  assert.deepEqual(state, { compressor: 'idle', sinceMs: 1 });
  assert.equal(demand.action, 'idle');
});

test('auto heats a cold room, cools a warm one and leaves a good one alone', () => {
  const auto: Settings = { ...cool, mode: 'auto' };
  const chosen = (room: number): string => decide(rested, { settings: auto, room, nowMs: 0 }).state.compressor;
  assert.equal(chosen(24 - AUTO_BAND_K), 'heating');
  assert.equal(chosen(24 + AUTO_BAND_K), 'cooling');
  assert.equal(chosen(24.8), 'idle');
  assert.equal(chosen(23.2), 'idle');
});

test('fan_only moves air and never the compressor; a chosen fan speed is kept', () => {
  const fanOnly: Settings = { ...cool, mode: 'fan_only' };
  const seen = { room: 35, nowMs: 0 };
  assert.deepEqual(decide(rested, { ...seen, settings: fanOnly }).demand, {
    action: 'fan',
    load: 0,
    airflow: 'medium',
  });
  assert.equal(decide(rested, { ...seen, settings: { ...fanOnly, fan: 'high' } }).demand.airflow, 'high');
  assert.equal(decide(rested, { ...seen, settings: { ...cool, fan: 'low' } }).demand.airflow, 'low');
});

test('the inverter slows down as the room comes near the set point', () => {
  const running: ControllerState = { compressor: 'cooling', sinceMs: 0 };
  const load = (room: number): number => decide(running, { settings: cool, room, nowMs: 1 }).demand.load;
  assert.equal(load(28), 1);
  assert.ok(load(25) < 1 && load(25) > load(24));
});

test('over any history the compressor rests its least time before each start and never reverses without rest', () => {
  const moment = fc.record({
    stepMs: fc.integer({ min: 1, max: 120_000 }),
    room: fc.double({ min: 14, max: 34, noNaN: true }),
    mode: fc.constantFrom(...modes),
    fan: fc.constantFrom(...fanSpeeds),
    swing: fc.constantFrom(...swings),
    halves: fc.integer({ min: 32, max: 60 }),
  });
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 200 }), (history) => {
      let state = resting(0);
      let nowMs = 0;
      for (const { stepMs, room, mode, fan, swing, halves } of history) {
        nowMs += stepMs;
        const settings: Settings = { setPoint: parseSetPoint(String(halves / 2)), mode, fan, swing };
        const before = state;
        const { state: after, demand } = decide(before, { settings, room, nowMs });
        state = after;
        if (after.compressor !== 'idle' && before.compressor !== after.compressor) {
          assert.equal(before.compressor, 'idle');
          assert.ok(nowMs - before.sinceMs >= LEAST_RESTING_MS);
        }
        if (mode === 'off') assert.equal(demand.action, 'idle');
        if (mode === 'heat') assert.notEqual(demand.action, 'cooling');
        if (mode === 'cool') assert.notEqual(demand.action, 'heating');
      }
    }),
    { seed: 6, numRuns: 200 },
  );
});
