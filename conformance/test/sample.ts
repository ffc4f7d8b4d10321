import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadSuite } from '../src/program.ts';
import { type Tally, tallyOf } from '../src/tally.ts';

/** Runs part of a suite in the tests: enough to see that it works, not all that it could find. */
const vectors = resolve(process.env.KEYSTILE_VECTORS ?? resolve(import.meta.dirname, '../../../shared/vectors'));
const SEED = 1;

export async function runSample(name: string, stride: number): Promise<Tally> {
  const suite = await loadSuite(name);
  return await tallyOf(suite.run({ vectors, seed: SEED, stride }));
}

/** Why a test that needs foreign data is skipped; false when the data is there. */
export function absence(file: string): string | false {
  return existsSync(join(vectors, file)) ? false : `${file} is not in ${vectors} (KEYSTILE_VECTORS)`;
}
