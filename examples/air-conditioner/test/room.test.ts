import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AIR_CAPACITY, lossesW, STEP_MAX_S, stepRoom, WALL_CAPACITY } from '../src/room.ts';

const celsius = fc.double({ min: -20, max: 45, noNaN: true });
const watts = fc.double({ min: -5000, max: 5000, noNaN: true });
const seconds = fc.double({ min: 0.001, max: STEP_MAX_S, noNaN: true });

test('energy balance: what the room stores is what came in less what went out', () => {
  fc.assert(
    fc.property(celsius, celsius, celsius, watts, watts, seconds, (air, walls, outdoor, gainsW, machineW, dt) => {
      const room = { air, walls };
      const next = stepRoom(room, { outdoor, gainsW, machineW }, dt);
      const storedJ = AIR_CAPACITY * (next.air - air) + WALL_CAPACITY * (next.walls - walls);
      const balanceJ = (gainsW + machineW - lossesW(room, outdoor)) * dt;
      // 6 MJ/K times the rounding of a double near 45 °C.
      assert.ok(Math.abs(storedJ - balanceJ) < 1e-6 * WALL_CAPACITY * 1e-2, `${storedJ} J against ${balanceJ} J`);
    }),
    { seed: 2, numRuns: 500 },
  );
});

test('without gains and machine the room never leaves the span of its temperatures and ends at the outdoor one', () => {
  fc.assert(
    fc.property(celsius, celsius, celsius, (air, walls, outdoor) => {
      let room = { air, walls };
      const [least, most] = [Math.min(air, walls, outdoor) - 1e-9, Math.max(air, walls, outdoor) + 1e-9];
      for (let step = 0; step < 1000; step++) {
        room = stepRoom(room, { outdoor, gainsW: 0, machineW: 0 }, STEP_MAX_S);
        assert.ok(room.air >= least && room.air <= most && room.walls >= least && room.walls <= most);
      }
    }),
    { seed: 3, numRuns: 30 },
  );
  let room = { air: 30, walls: 28 };
  for (let step = 0; step < 20 * 8640; step++) room = stepRoom(room, { outdoor: 10, gainsW: 0, machineW: 0 }, 10);
  assert.ok(Math.abs(room.air - 10) < 0.01 && Math.abs(room.walls - 10) < 0.01);
});

test('in a steady state the losses equal the gains', () => {
  let room = { air: 20, walls: 20 };
  for (let step = 0; step < 20 * 8640; step++) room = stepRoom(room, { outdoor: 5, gainsW: 800, machineW: 0 }, 10);
  assert.ok(Math.abs(lossesW(room, 5) - 800) < 0.5);
});

test('the longest step is accurate: ten steps of a second end within a hundredth of a degree of one of ten', () => {
  const around = { outdoor: 35, gainsW: 400, machineW: -3500 };
  let fine = { air: 28, walls: 27 };
  for (let step = 0; step < 600; step++) fine = stepRoom(fine, around, 1);
  let coarse = { air: 28, walls: 27 };
  for (let step = 0; step < 60; step++) coarse = stepRoom(coarse, around, 10);
  assert.ok(Math.abs(fine.air - coarse.air) < 0.01);
});
