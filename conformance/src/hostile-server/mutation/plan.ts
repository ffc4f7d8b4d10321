import { Random } from '../../random.ts';
import { type Scenario, scenarios, textOf } from './scenario.ts';
import type { Packing } from './sealing.ts';
import { type ClientWiring, type Tls13Suite, tls13Suites } from './world.ts';

/** Everything about one case but the bytes: those are made anew in every run, as keys are. */
export interface Plan {
  readonly index: number;
  readonly scenario: Scenario;
  readonly suite: Tls13Suite;
  readonly verifier: ClientWiring['verifier'];
  /** Nothing is changed: what then does not connect is a fault of the suite. */
  readonly isControl: boolean;
  readonly stage: 'before encryption' | 'after encryption';
  /** The flight that is changed. */
  readonly flight: number;
  readonly mutations: number;
  readonly packing: Packing;
  readonly delivery: Delivery;
  /** For the mutations themselves. */
  readonly random: Random;
}

/** How the bytes reach the client: at once, in pieces of random lengths, or one by one. */
export type Delivery = 'whole' | 'pieces' | 'bytes';

/** The same seed and index give the same plan, whatever ran before. */
export function planOf(seed: number, index: number): Plan {
  const random = new Random((Math.imul(seed, 0x9e37_79b1) + index) >>> 0);
  const scenario = random.pick(scenarios);
  const handshakeFlights = handshakeFlightsOf(scenario);
  return {
    index,
    scenario,
    suite: random.pick(tls13Suites),
    verifier: random.pick<ClientWiring['verifier']>(['blind', 'blind', 'path']),
    isControl: random.below(50) === 0,
    stage: random.pick<Plan['stage']>(['before encryption', 'after encryption']),
    flight: random.below(8) === 0 ? handshakeFlights : random.below(handshakeFlights),
    mutations: random.pick([1, 1, 1, 1, 2, 3]),
    packing: random.pick<Packing>(['one each', 'one each', 'together', 'together', 400, 90, 33]),
    delivery: random.pick(deliveries),
    random,
  };
}

/** One by one is slow, and finds what pieces find. */
const deliveries: readonly [Delivery, ...Delivery[]] = [
  ...(['whole', 'whole', 'whole', 'whole', 'whole', 'whole', 'whole', 'whole', 'whole', 'whole', 'whole'] as const),
  ...(['pieces', 'pieces', 'pieces', 'pieces', 'pieces', 'bytes'] as const),
];

/** Flights of the server's up to its Finished; one more comes after it. */
export function handshakeFlightsOf({ version, kind }: Scenario): number {
  if (kind === 'resumed') return 1;
  return version === '1.2' || kind === 'retried' ? 2 : 1;
}

/** In words, for the one who has to find out why it failed. */
export function describe(plan: Plan, changes: readonly string[]): string {
  const { scenario, isControl, stage, flight, verifier, packing, delivery } = plan;
  const change = isControl ? 'nothing changed' : `flight ${flight}, ${stage}: ${changes.join('; ')}`;
  return `${textOf(scenario)}; ${change}; ${verifier} verifier, packed ${packing}, delivered ${delivery}`;
}
