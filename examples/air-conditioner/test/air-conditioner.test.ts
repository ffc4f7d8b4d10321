import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AirConditioner } from '../src/air-conditioner.ts';
import { type Mode, parseSetPoint } from '../src/settings.ts';

const NOON = Date.UTC(2026, 6, 1, 12);
const MINUTE = 60_000;

function started(mode: Mode, setPoint: string, timeScale = 1): AirConditioner {
  return new AirConditioner({
    nowMs: NOON,
    seed: 42,
    timeScale,
    settings: { setPoint: parseSetPoint(setPoint), mode, fan: 'auto', swing: 'off' },
    room: { air: 28, walls: 27.5 },
  });
}

test('the same start, seed and instants give the same room', () => {
  const [one, other] = [started('cool', '22'), started('cool', '22')];
  for (let minute = 1; minute <= 240; minute++) {
    one.advance(NOON + minute * MINUTE);
    other.advance(NOON + minute * MINUTE);
  }
  assert.deepEqual(one.snapshot(), other.snapshot());
});

test('cooling brings a warm room to the set point and holds it there for hours', () => {
  const unit = started('cool', '23');
  unit.advance(NOON + 90 * MINUTE);
  for (let minute = 90; minute <= 600; minute++) {
    unit.advance(NOON + minute * MINUTE);
    const { temperature } = unit.snapshot();
    assert.ok(Math.abs(temperature - 23) < 1, `${temperature} °C after ${minute} minutes`);
  }
});

test('heating warms, off drifts, and only a working machine draws more than standby power', () => {
  const heating = started('heat', '30');
  heating.advance(NOON + 60 * MINUTE);
  assert.ok(heating.snapshot().temperature > 29);
  const off = started('off', '16');
  off.advance(NOON + 60 * MINUTE);
  assert.ok(off.snapshot().powerW < 3);
  assert.ok(off.snapshot().temperature > 27);
  const cooling = started('cool', '16');
  cooling.advance(NOON + 10 * MINUTE);
  assert.equal(cooling.snapshot().action, 'cooling');
  assert.ok(cooling.snapshot().powerW > 200);
});

test('at thirty times real time a person sees the temperature move within a minute', () => {
  const unit = started('cool', '22', 30);
  unit.advance(NOON + MINUTE);
  assert.ok(unit.snapshot().temperature < 26, String(unit.snapshot().temperature));
});

test('a clock that goes back changes nothing, and a long sleep is made up for within bounds', () => {
  const unit = started('cool', '22');
  unit.advance(NOON + MINUTE);
  const before = unit.snapshot();
  unit.advance(NOON - 1000 * MINUTE);
  assert.deepEqual(unit.snapshot(), before);
  unit.advance(NOON + 365 * 24 * 60 * MINUTE);
  assert.equal(unit.snapshot().roomTimeMs, before.roomTimeMs + 24 * 60 * MINUTE);
});

test('a new set point takes effect with the next step', () => {
  const unit = started('cool', '30');
  unit.advance(NOON + 10 * MINUTE);
  assert.equal(unit.snapshot().action, 'fan');
  unit.apply({ ...unit.settings, setPoint: parseSetPoint('18') });
  unit.advance(NOON + 11 * MINUTE);
  assert.equal(unit.snapshot().action, 'cooling');
});
