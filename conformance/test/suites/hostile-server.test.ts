import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MUTATIONS, mutationCases } from '../../src/hostile-server/mutation/cases.ts';
import { scriptedCases } from '../../src/hostile-server/scripts/all.ts';
import { suite } from '../../src/suites/hostile-server.ts';
import { tallyOf } from '../../src/tally.ts';

const isFull = process.env.KEYSTILE_TEST_FULL === '1';
const SEED = 1;
/** All of them take eight minutes. */
const STRIDE = isFull ? 1 : 200;

describe('the scripts of the hostile server', () => {
  for (const { name, judge } of scriptedCases) it(name, () => assert.equal(judge(), undefined));

  it('have a name each', () => {
    const names = scriptedCases.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.length > 1_500, `${names.length} scripts`);
  });
});

describe('the mutations of real flights', () => {
  it(`never fool, break, halt or fill the engine (seed ${SEED}, every ${STRIDE}th)`, () => {
    // The memory that is held is one of the cases, so the results are not kept.
    const failures: string[] = [];
    let count = 0;
    for (const result of mutationCases({ seed: SEED, stride: STRIDE })) {
      count++;
      if (result.outcome === 'failed') failures.push(result.reason);
    }
    assert.deepEqual(failures, []);
    assert.equal(count, MUTATIONS / STRIDE + 1);
  });

  it('run one by one by their number', async () => {
    const { passed, failures } = await tallyOf(suite.run({ vectors: '', seed: SEED, stride: 1, only: 4_711 }));
    assert.deepEqual(failures, []);
    assert.equal(passed, 1);
  });
});
