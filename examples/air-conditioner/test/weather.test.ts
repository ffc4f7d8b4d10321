import assert from 'node:assert/strict';
import { test } from 'node:test';
import { weatherAt } from '../src/weather.ts';

const MIDNIGHT = Date.UTC(2026, 6, 1);
const HOUR = 3_600_000;

test('the same instant and seed give the same weather, in whatever order they are asked', () => {
  const instants = Array.from({ length: 48 }, (_, index) => MIDNIGHT + index * HOUR);
  const forwards = instants.map((instant) => weatherAt(instant, 7));
  const backwards = instants.toReversed().map((instant) => weatherAt(instant, 7));
  assert.deepEqual(forwards, backwards.toReversed());
  assert.notDeepEqual(
    forwards,
    instants.map((instant) => weatherAt(instant, 8)),
  );
});

test('afternoons are warmer than nights, and the sun shines by day only', () => {
  for (let seed = 0; seed < 20; seed++) {
    assert.ok(weatherAt(MIDNIGHT + 15 * HOUR, seed).outdoor > weatherAt(MIDNIGHT + 3 * HOUR, seed).outdoor + 5);
    assert.equal(weatherAt(MIDNIGHT + 2 * HOUR, seed).gainsW, weatherAt(MIDNIGHT + 23 * HOUR, seed).gainsW);
    assert.ok(weatherAt(MIDNIGHT + 12 * HOUR, seed).gainsW >= weatherAt(MIDNIGHT, seed).gainsW);
  }
});

test('the temperature is continuous: no minute changes it by more than a tenth of a degree', () => {
  for (let minute = 0; minute < 2880; minute++) {
    const [now, next] = [minute, minute + 1].map((each) => weatherAt(MIDNIGHT + each * 60_000, 3).outdoor);
    assert.ok(Math.abs((now ?? 0) - (next ?? 99)) < 0.1, `minute ${minute}`);
  }
});
