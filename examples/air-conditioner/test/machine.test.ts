import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Demand, operate, STANDBY_W } from '../src/machine.ts';

const airflow = fc.constantFrom('low' as const, 'medium' as const, 'high' as const);
const demand: fc.Arbitrary<Demand> = fc.record({
  action: fc.constantFrom('cooling' as const, 'heating' as const, 'drying' as const),
  load: fc.double({ min: 0, max: 1.5, noNaN: true }),
  airflow,
});
const indoor = fc.double({ min: 12, max: 35, noNaN: true });
const outdoor = fc.double({ min: -15, max: 45, noNaN: true });

test('second law: the machine stays below the Carnot limit of the temperatures that it works between', () => {
  fc.assert(
    fc.property(demand, indoor, outdoor, (asked, inside, outside) => {
      const { cop } = operate(asked, inside, outside);
      const [cold, hot] = asked.action === 'heating' ? [outside, inside] : [inside, outside];
      assert.ok(cop > 0 && cop < 12);
      if (hot > cold) {
        const carnot = ((asked.action === 'heating' ? hot : cold) + 273.15) / (hot - cold);
        assert.ok(cop < carnot, `${cop} against ${carnot}`);
      }
    }),
    { seed: 4, numRuns: 500 },
  );
});

test('first law: moved heat is compressor power times COP, less the fan that warms the air', () => {
  fc.assert(
    fc.property(demand, indoor, outdoor, (asked, inside, outside) => {
      const fan = operate({ ...asked, action: 'fan' }, inside, outside);
      const { thermalW, electricW, cop } = operate(asked, inside, outside);
      const compressorW = electricW - fan.electricW;
      const share = { cooling: -1, heating: 1, drying: -0.4 }[asked.action as 'cooling' | 'heating' | 'drying'];
      assert.ok(Math.abs(thermalW - fan.thermalW - share * compressorW * cop) < 1e-6);
      assert.ok(compressorW > 0);
    }),
    { seed: 5, numRuns: 500 },
  );
});

test('cooling takes heat out, heating brings it in, and idling does neither', () => {
  assert.ok(operate({ action: 'cooling', load: 1, airflow: 'high' }, 26, 35).thermalW < -3000);
  assert.ok(operate({ action: 'heating', load: 1, airflow: 'high' }, 20, 7).thermalW > 3500);
  assert.deepEqual(operate({ action: 'idle', load: 0, airflow: 'low' }, 26, 35), {
    thermalW: 0,
    electricW: STANDBY_W,
    cop: 0,
  });
});

test('a hotter day, a higher load and a faster fan cost more power', () => {
  const base: Demand = { action: 'cooling', load: 0.5, airflow: 'medium' };
  const power = (asked: Demand, outside: number): number => operate(asked, 25, outside).electricW;
  assert.ok(power(base, 40) > power(base, 32));
  assert.ok(power({ ...base, load: 1 }, 35) > power(base, 35));
  assert.ok(power({ ...base, airflow: 'high' }, 35) > power({ ...base, airflow: 'low' }, 35));
});

test('the nominal point is that of a good split unit: COP between 3 and 5 at 27 °C in and 35 °C out', () => {
  const { cop } = operate({ action: 'cooling', load: 1, airflow: 'high' }, 27, 35);
  assert.ok(cop > 3 && cop < 5, String(cop));
});
