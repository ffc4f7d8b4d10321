import { cpuUsage, memoryUsage } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { CaseResult } from '../../suite.ts';
import { planOf } from './plan.ts';
import { MutationRunner } from './run.ts';
import { World } from './world.ts';

export const MUTATIONS = 200_000;

/** Memory that may be held after the run beyond what was held early in it, when all code and donors were there. */
const GROWTH_MAX = 24 * 1024 * 1024;
/** The tally keeps the name of every case. */
const NAME_BYTES = 200;
const WARM_UP = 300;
/** Of the processor, for a session of a few kilobytes. What takes so long does not end, or will not with a larger flight. */
const CASE_MS_MAX = 2_000;

export interface Numbers {
  readonly seed: number;
  readonly stride: number;
  readonly only?: number;
}

/** Every case of the seed, or those that are asked for. Case numbers begin at 1. */
export function* mutationCases({ seed, stride, only }: Numbers, count = MUTATIONS): Generator<CaseResult> {
  const runner = new MutationRunner(new World());
  const memory = new MemoryWatch();
  const [first, last] = only === undefined ? [1, count] : [only, only];
  for (let number = first; number <= last; number += stride) {
    yield judged(runner, seed, number);
    memory.caseDone();
  }
  const growth = memory.growth();
  if (growth === undefined) return;
  const what = 'memory after the mutations';
  if (growth <= GROWTH_MAX + memory.cases * NAME_BYTES) yield { outcome: 'passed', case: what };
  else yield { outcome: 'failed', case: what, reason: `${growth} bytes more than at the beginning are held` };
}

function judged(runner: MutationRunner, seed: number, number: number): CaseResult {
  const id = `mutation ${number}`;
  const before = cpuUsage();
  const { about, violation } = runner.run(planOf(seed, number));
  const tookMs = cpuUsage(before).user / 1000;
  const reason = violation ?? (tookMs > CASE_MS_MAX ? `it took ${Math.round(tookMs)} ms` : undefined);
  if (reason === undefined) return { outcome: 'passed', case: id };
  const command = `npm run conformance -- hostile-server --seed ${seed} --case ${number}`;
  return { outcome: 'failed', case: id, reason: `${reason}; ${about}; to see it again: ${command}` };
}

/** What the process holds after a collection, early and late. */
class MemoryWatch {
  readonly #collect: () => void;
  #done = 0;
  #early: number | undefined;

  constructor() {
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc') as () => void;
  }

  get cases(): number {
    return this.#done;
  }

  caseDone(): void {
    this.#done++;
    if (this.#done === WARM_UP) this.#early = this.#held();
  }

  /** Undefined when too few cases ran to say. */
  growth(): number | undefined {
    return this.#early === undefined ? undefined : this.#held() - this.#early;
  }

  #held(): number {
    this.#collect();
    const { heapUsed, external } = memoryUsage();
    return heapUsed + external;
  }
}
