import fc from 'fast-check';
import { call, type Step } from '../oracle/random-host.ts';

/** What may happen next in the life of a part: more of it succeeds than with a host that only guesses. */
export type LifeStep =
  | Extract<Step, { readonly kind: 'call' }>
  | { readonly kind: 'stranger'; readonly step: Extract<Step, { readonly kind: 'call' }> }
  | { readonly kind: 'boot'; readonly version: number }
  | { readonly kind: 'handshake'; readonly policy: 'fleet' | 'recovery' }
  | { readonly kind: 'pin'; readonly pin: 'reset' | 'power' | 'tamper' }
  | { readonly kind: 'wait'; readonly minutes: number }
  | PlainStep;

interface PlainStep {
  readonly kind: 'time' | 'renew' | 'administer' | 'commit' | 'evidence' | 'line' | 'terminate';
}

const anyCall = call as fc.Arbitrary<Extract<Step, { readonly kind: 'call' }>>;
const plain = (kind: PlainStep['kind']): fc.Arbitrary<LifeStep> => fc.constant({ kind });
const pin = (name: 'reset' | 'power' | 'tamper'): fc.Arbitrary<LifeStep> => fc.constant({ kind: 'pin', pin: name });

const step = fc.oneof<fc.WeightedArbitrary<LifeStep>[]>(
  { weight: 24, arbitrary: anyCall },
  { weight: 4, arbitrary: anyCall.map((each) => ({ kind: 'stranger', step: each }) as const) },
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 3 }).map((version) => ({ kind: 'boot', version }) as const) },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom('fleet' as const, 'fleet' as const, 'recovery' as const)
      .map((policy) => ({ kind: 'handshake', policy }) as const),
  },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 90 }).map((minutes) => ({ kind: 'wait', minutes }) as const) },
  { weight: 2, arbitrary: pin('reset') },
  { weight: 2, arbitrary: pin('power') },
  { weight: 1, arbitrary: pin('tamper') },
  { weight: 3, arbitrary: plain('commit') },
  { weight: 2, arbitrary: plain('evidence') },
  { weight: 2, arbitrary: plain('time') },
  { weight: 2, arbitrary: plain('renew') },
  { weight: 2, arbitrary: plain('administer') },
  { weight: 2, arbitrary: plain('line') },
  { weight: 1, arbitrary: plain('terminate') },
);

/** Half of them begin as a device's day does: from there more can be reached. */
const morning: readonly LifeStep[] = [
  { kind: 'boot', version: 2 },
  { kind: 'handshake', policy: 'fleet' },
];

export const lives: fc.Arbitrary<readonly LifeStep[]> = fc
  .tuple(fc.boolean(), fc.array(step, { minLength: 4, maxLength: 18 }))
  .map(([isOrdinary, steps]) => (isOrdinary ? [...morning, ...steps] : steps));
