import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../support/random.ts';
import { versions } from '../support/versions.ts';
import { ModelRun } from './model-run.ts';

const full = process.env.KEYSTILE_TEST_FULL === '1';
const RUNS = full ? 10_000 : 300;
const STEPS = 60;

for (const version of versions) {
  describe(`The broker against its slow twin, version ${version}`, () => {
    it(`brings every message where it belongs in ${RUNS} random histories`, () => {
      for (let seed = 1; seed <= RUNS; seed++) {
        const run = new ModelRun(new Random(seed), version);
        try {
          for (let step = 0; step < STEPS; step++) run.step();
          run.finish();
        } catch (error) {
          throw new Error(`seed ${seed}, version ${version}:\n${run.history.join('\n')}`, { cause: error });
        }
      }
      assert.ok(RUNS > 0);
    });
  });
}
