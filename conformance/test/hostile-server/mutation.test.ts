import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mutateMessages } from '../../src/hostile-server/mutation/message-mutations.ts';
import { planOf } from '../../src/hostile-server/mutation/plan.ts';
import { mutateRecords } from '../../src/hostile-server/mutation/record-mutations.ts';
import { textOf } from '../../src/hostile-server/mutation/scenario.ts';
import { anyRecord } from '../../src/hostile-server/mutation/sealing.ts';
import type { Utterance } from '../../src/hostile-server/mutation/utterance.ts';
import { Random } from '../../src/random.ts';

const flight: readonly Utterance[] = [
  { type: 'handshake', bytes: Uint8Array.of(2, 0, 0, 3, 7, 8, 9), keys: 'none' },
  { type: 'handshake', bytes: Uint8Array.of(20, 0, 0, 1, 5), keys: 'handshake' },
  { type: 'alert', bytes: Uint8Array.of(1, 0), keys: 'application' },
];
const records = [anyRecord(22, new Uint8Array(9)), anyRecord(23, new Uint8Array(40))];
const donor = [
  { type: 'handshake', content: new Uint8Array(3), isProtected: false, bytes: anyRecord(22, new Uint8Array(3)) },
] as const;

/** Ten changes one upon the other, in words. */
function history(seed: number): readonly string[] {
  const random = new Random(seed);
  const words: string[] = [];
  let messages: readonly Utterance[] = flight;
  let bytes: readonly Uint8Array[] = records;
  for (let i = 0; i < 10; i++) {
    const first = mutateMessages(random, messages, flight);
    const second = mutateRecords(random, bytes, donor);
    messages = first.result;
    bytes = second.result;
    words.push(first.what, second.what);
  }
  return words;
}

describe('mutations', () => {
  it('are the same for the same seed', () => {
    assert.deepEqual(history(3), history(3));
    assert.notDeepEqual(history(3), history(4));
  });

  it('bear what earlier ones left, and do every kind of thing', () => {
    const kinds = new Set<string>();
    for (let seed = 0; seed < 400; seed++) for (const what of history(seed)) kinds.add(what.replaceAll(/\d+/g, 'n'));
    for (const kind of [
      'Finished: bit n of byte n flipped',
      'ServerHello twice',
      'Finished left out',
      'ServerHello and Finished swapped',
      'Finished replaced by ServerHello of another session',
      'Finished as application_data',
      'record n: bit n of byte n flipped',
      'record n left out',
      'record n replaced by record n of another session',
      'record n merged with the next',
      'the flight twice',
    ]) {
      assert.ok(kinds.has(kind), kind);
    }
  });

  it('leave what they were given as it was', () => {
    const before = structuredClone({ flight, records });
    history(5);
    assert.deepEqual({ flight, records }, before);
  });
});

describe('plans', () => {
  it('are the same for the same seed and number, whatever came before', () => {
    const { random, ...plan } = planOf(1, 77);
    planOf(1, 78);
    const { random: again, ...same } = planOf(1, 77);
    assert.deepEqual(plan, same);
    assert.equal(random.below(1_000_000), again.below(1_000_000));
  });

  it('reach every scenario, flight and stage, also in a sample', () => {
    const reached = new Set<string>();
    for (let number = 1; number <= 200_000; number += 200) {
      const { scenario, flight: target, stage } = planOf(1, number);
      reached.add(`${textOf(scenario)}, ${target}, ${stage}`);
    }
    // Of 7 scenarios with one flight before Finished and 5 with two, each with the one after it and two stages.
    assert.equal(reached.size, 2 * (7 * 2 + 5 * 3));
  });
});
